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

extension DeviceCredential {
    init(_ credential: NativeCredential) {
        self.init(
            clientID: credential.clientId,
            instanceID: credential.instanceId,
            deviceAccessKeyID: credential.deviceAccessKeyId,
            deviceAccessKeySecret: credential.deviceAccessKeySecret,
            createTime: Date(millisecondsSince1970: credential.createTimeMs),
            updateTime: Date(millisecondsSince1970: credential.updateTimeMs),
            requestID: credential.requestId,
            mqttLogin: MQTTLogin(
                clientID: credential.mqttLogin.clientId, username: credential.mqttLogin.username,
                password: credential.mqttLogin.password))
    }
}

extension Date {
    fileprivate init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

extension Duration {
    /// The milliseconds, rounded up so that a short duration does not become zero, and limited to a
    /// range beyond that of every option so that no multiplication overflows.
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = min(max(self, .zero), .seconds(1 << 40)).components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
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
