import Foundation

/// What the caller should do about a ``DevcredError``.
///
/// A kind says what the caller should do, not what went wrong: that is in ``DevcredError/code`` and
/// ``DevcredError/message``. Its raw value is its name, the same in every language.
public enum ErrorKind: String, CaseIterable, Sendable {
    /// Fix the input: an option or id is invalid. It was refused by this library before anything
    /// was sent, or by the service. A closed client throws this too.
    case invalidParameter = "InvalidParameter"
    /// Fix the AccessKey, its security token, or the clock.
    case authentication = "Authentication"
    /// Fix the RAM policy, the account or the region: this account has no access to this instance.
    case permissionDenied = "PermissionDenied"
    /// Register the device first: it has no credential.
    case notFound = "NotFound"
    /// Fetch the credential instead: the device already has one.
    case alreadyExists = "AlreadyExists"
    /// Slow down. The call was retried before this is thrown.
    case throttled = "Throttled"
    /// Use another region, instance or endpoint: this one does not know the operation.
    case unsupported = "Unsupported"
    /// Try later: the service failed, or returned a code that this version does not know.
    case service = "Service"
    /// Check the network: no response arrived in time.
    case timeout = "Timeout"
    /// Check the network: no connection could be made, or it ended before the complete response
    /// arrived.
    case transport = "Transport"
    /// Report it: the response does not match the service's documentation.
    case invalidResponse = "InvalidResponse"
    /// Report it: this library failed, or was called in a way that cannot work.
    case `internal` = "Internal"
}

extension ErrorKind: CustomStringConvertible {
    /// The kind's name.
    public var description: String { rawValue }
}

/// Why a call failed or an option was refused. A cancelled call throws `CancellationError` instead.
///
/// No property contains a secret, a URL with one, or any part of a response body but the service's
/// message.
public struct DevcredError: Error, Hashable, Sendable {
    /// What the caller should do.
    public let kind: ErrorKind
    /// The service's code, verbatim, such as `DeviceCredentialNotFound`; `nil` if there was no
    /// readable response.
    public let code: String?
    /// What happened, in one line. For a service error it is the service's message.
    public let message: String
    /// The device of the call; `nil` if the client id is invalid, or if an option of the client was
    /// refused.
    public let clientID: String?
    /// The instance of the call; `nil` if a parameter of the call or an option of the client was
    /// refused.
    public let instanceID: String?
    /// The HTTP status; `nil` if there was no response. Decide by the ``code``: throttling, for
    /// example, has the status 400 or 500.
    public let httpStatus: Int?
    /// The service's id of the request, which its support needs.
    public let requestID: String?
    /// Whether the same call may succeed if it is made again, even if it used all of its attempts.
    public let isRetryable: Bool
    /// Whether an attempt may have been billed: a request was sent whose response did not arrive
    /// completely, or reported a success that could not be read.
    public let isPossiblyBilled: Bool
    /// How long the service requested to wait before the next request; `nil` if it requested
    /// nothing.
    public let retryAfter: Duration?
    /// The number of attempts; 0 if the call was refused before anything was sent.
    public let attempts: Int
    /// The service's page about this error.
    public let helpURL: URL?
    /// One or two sentences on what to do, if known.
    public let advice: String?
    /// The line `KIND: message (Code, request id …)` and, if there is ``advice``, a second line
    /// with it.
    public let description: String
}

extension DevcredError {
    /// Creates an error, for example in a test.
    public init(
        kind: ErrorKind, message: String, code: String? = nil, clientID: String? = nil, instanceID: String? = nil,
        httpStatus: Int? = nil, requestID: String? = nil, isRetryable: Bool = false, isPossiblyBilled: Bool = false,
        retryAfter: Duration? = nil, attempts: Int = 0, helpURL: URL? = nil, advice: String? = nil
    ) {
        let details = [code, requestID.map { "request id \($0)" }].compactMap(\.self).joined(separator: ", ")
        let firstLine = "\(kind): \(message)" + (details.isEmpty ? "" : " (\(details))")
        self.init(
            kind: kind, code: code, message: message, clientID: clientID, instanceID: instanceID, httpStatus: httpStatus,
            requestID: requestID, isRetryable: isRetryable, isPossiblyBilled: isPossiblyBilled, retryAfter: retryAfter,
            attempts: attempts, helpURL: helpURL, advice: advice,
            description: advice.map { "\(firstLine)\n\($0)" } ?? firstLine)
    }
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
