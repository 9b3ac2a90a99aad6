import Foundation

/// What the caller can do about a ``DevcredError``.
///
/// A kind stands for a move of the caller, not for a cause: that is in ``DevcredError/code`` and ``DevcredError/message``. Its
/// raw value is its name, the same in every language.
public enum ErrorKind: String, CaseIterable, Sendable {
    /// Fix the input: an option or an id was refused, by this library before anything was sent or by the service. A closed
    /// client refuses so, too.
    case invalidParameter = "InvalidParameter"
    /// Fix the AccessKey, its security token, or the clock.
    case authentication = "Authentication"
    /// Fix the RAM policy, the account or the region: this account may not ask for this instance.
    case permissionDenied = "PermissionDenied"
    /// Register the device first: it has no credential.
    case notFound = "NotFound"
    /// Slow down. Retried before it is thrown.
    case throttled = "Throttled"
    /// Use another region, instance or endpoint: this one does not know the operation.
    case unsupported = "Unsupported"
    /// Try later: the service failed, or answered with a code that this version does not know.
    case service = "Service"
    /// Look at the network: an answer did not come in time.
    case timeout = "Timeout"
    /// Look at the network: no connection, or one that broke before the whole answer had come.
    case transport = "Transport"
    /// Report it: the answer is none that the service documents.
    case invalidResponse = "InvalidResponse"
    /// Report it: this library, or the way it is called, is at fault.
    case `internal` = "Internal"
}

extension ErrorKind: CustomStringConvertible {
    /// The kind's name.
    public var description: String { rawValue }
}

/// Why a call failed: one type for every failure, local ones included. A call that is cancelled throws `CancellationError`
/// instead.
///
/// No member holds a secret, a URL with one or a part of an answer's body other than the service's own message.
public struct DevcredError: Error, Hashable, Sendable {
    /// What the caller can do about it.
    public let kind: ErrorKind
    /// The service's code, verbatim, such as `DeviceCredentialNotFound`; `nil` where no readable answer came.
    public let code: String?
    /// What happened, in one line. For a service error it is the service's own message.
    public let message: String
    /// The HTTP status of the answer; `nil` where none came. The ``code`` is what counts: throttling comes as 400 and as 500.
    public let httpStatus: Int?
    /// The service's id of the request, which its support asks for.
    public let requestID: String?
    /// Whether the same call may succeed if it is made again. It does not say whether attempts were left.
    public let isRetryable: Bool
    /// How many attempts were made; 0 if the call was refused before anything was sent.
    public let attempts: Int
    /// The service's page on this error.
    public let helpURL: URL?
    /// One or two sentences on what to do now, where there is something to say.
    public let advice: String?
    /// One line `KIND: message (Code, request id …)` and, where there is ``advice``, a second line with it.
    public let description: String
}

extension DevcredError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The same as ``description``.
    public var debugDescription: String { description }
}

extension DevcredError: LocalizedError {
    /// The first line of ``description``. It is English.
    public var errorDescription: String? { description.split(separator: "\n").first.map(String.init) }

    /// The ``advice``.
    public var recoverySuggestion: String? { advice }
}
