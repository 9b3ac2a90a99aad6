// Converts values to and from the native library. The core decides about absent ones.
import Foundation
internal import DevcredNative

extension Client.Options {
    func native(fromEnv: Bool) -> NativeOptions {
        NativeOptions(
            fromEnv: fromEnv,
            accessKeyId: accessKey?.id,
            accessKeySecret: accessKey?.secret,
            securityToken: accessKey?.securityToken,
            region: region,
            network: network?.rawValue,
            endpoint: endpoint,
            instanceId: instanceID,
            signature: signature?.rawValue,
            timeoutMs: timeout?.inMilliseconds,
            attemptTimeoutMs: attemptTimeout?.inMilliseconds,
            connectTimeoutMs: connectTimeout?.inMilliseconds,
            maxAttempts: maxAttempts.map(Int64.init),
            maxConnections: maxConnections.map(Int64.init),
            maxConnecting: maxConnecting.map(Int64.init),
            maxRequestsPerSecond: maxRequestsPerSecond.map(Int64.init),
            rootCertificatesPem: rootCertificatesPEM.map { Data($0.utf8) },
            proxy: proxy)
    }
}

extension DevcredError {
    init(_ error: NativeError) {
        self.init(
            kind: ErrorKind(rawValue: error.kind) ?? .internal,
            code: error.code,
            message: error.message,
            clientID: error.clientId,
            instanceID: error.instanceId,
            httpStatus: error.httpStatus.map(Int.init),
            requestID: error.requestId,
            isRetryable: error.retryable,
            isPossiblyBilled: error.possiblyBilled,
            retryAfter: error.retryAfterMs.map(Duration.milliseconds),
            attempts: Int(error.attempts),
            helpURL: error.helpUrl.flatMap(URL.init(string:)),
            advice: error.advice,
            description: error.text)
    }
}

/// A credential as the native library passes it: its texts, each on a line. One text crosses at a
/// fraction of the cost of a record, and it is split by the task that waits, not by the one thread
/// that runs all calls.
struct NativeCredential: Sendable {
    let texts: String
    let createTimeMs: Int64
    let updateTimeMs: Int64
}

extension DeviceCredential {
    init(_ credential: NativeCredential) {
        var texts = credential.texts
        self = texts.withUTF8 { bytes in
            var lines = Lines(rest: bytes[...])
            // The arguments are evaluated in the order of the lines.
            return DeviceCredential(
                clientID: lines.next(),
                instanceID: lines.next(),
                deviceAccessKeyID: lines.next(),
                deviceAccessKeySecret: lines.next(),
                createTime: Date(millisecondsSince1970: credential.createTimeMs),
                updateTime: Date(millisecondsSince1970: credential.updateTimeMs),
                requestID: lines.next(),
                mqttLogin: MQTTLogin(clientID: lines.next(), username: lines.next(), password: lines.next()))
        }
    }
}

extension DeviceCredential {
    init(restoring revealed: Revealed) throws(DevcredError) {
        let native = NativeRevealedCredential(
            clientId: revealed.clientID, instanceId: revealed.instanceID,
            deviceAccessKeyId: revealed.deviceAccessKeyID, deviceAccessKeySecret: revealed.deviceAccessKeySecret,
            createTimeMs: revealed.createTimeMs, updateTimeMs: revealed.updateTimeMs, requestId: revealed.requestID)
        switch restore(revealed: native) {
        case .credential(let texts):
            self.init(
                NativeCredential(texts: texts, createTimeMs: revealed.createTimeMs, updateTimeMs: revealed.updateTimeMs))
        case .refused(let error):
            throw DevcredError(error)
        }
    }
}

/// The lines of a text.
private struct Lines {
    var rest: Slice<UnsafeBufferPointer<UInt8>>

    mutating func next() -> String {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        defer { rest = rest[end...].dropFirst() }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}

extension Date {
    fileprivate init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    var millisecondsSince1970: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}

extension Duration {
    /// The milliseconds, rounded up so that a short duration does not become zero, and limited to a
    /// range beyond that of every option so that no multiplication overflows.
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = min(max(self, .zero), .seconds(1 << 40)).components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

/// Resumes the task that waits for a call.
final class Listener: NativeListener {
    private let continuation: UnsafeContinuation<NativeCredential, any Error>

    init(_ continuation: UnsafeContinuation<NativeCredential, any Error>) {
        self.continuation = continuation
    }

    func succeeded(texts: String, createTimeMs: Int64, updateTimeMs: Int64) {
        let credential = NativeCredential(texts: texts, createTimeMs: createTimeMs, updateTimeMs: updateTimeMs)
        continuation.resume(returning: credential)
    }

    func failed(error: NativeError) {
        continuation.resume(throwing: DevcredError(error))
    }

    func cancelled() {
        continuation.resume(throwing: CancellationError())
    }
}

/// Passes log events of the native library to a log.
final class NativeLogAdapter: NativeLog {
    private let log: Client.Log

    init(_ log: Client.Log) {
        self.log = log
    }

    func event(level: String, message: String) {
        if let level = Client.LogLevel(rawValue: level) { log.write(level, message) }
    }
}
