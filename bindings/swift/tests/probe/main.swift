// Swift's probe: it makes calls with the public API of Devcred and reports the results.
// tests/README.md describes the protocol.
import Devcred
import Foundation

var greeting = Line()
greeting["probe"] = "swift"
greeting["version"] = Client.version
greeting["kinds"] = ErrorKind.allCases.map(\.rawValue).joined(separator: ",")
write(greeting, to: .standardOutput)
/// It stays open until the next line, so that only the cancellation can end a cancelled call.
var openClient: Client?
while let line = readLine() {
    openClient?.close()
    let (result, client) = await report(Line(parsing: line))
    openClient = client
    write(result, to: .standardOutput)
}
openClient?.close()

func report(_ call: Line) async -> (Line, Client?) {
    var report = Line()
    var openClient: Client?
    report["case"] = call.required("case")
    var outcomes: [Outcome]
    do throws(DevcredError) {
        let client = try client(call, &report)
        openClient = client
        outcomes = await allCalls(client, call, &report)
    } catch {
        outcomes = [.failed(error)]
    }
    outcomes = outcomes.map { $0.restored(from: call["restore"]) }
    let ok = outcomes.count { $0.isOK }
    report["ok"] = String(ok)
    report["failed"] = String(outcomes.count - ok)
    (outcomes.first { !$0.isOK } ?? outcomes[0]).add(to: &report)
    return (report, openClient)
}

func allCalls(_ client: Client, _ call: Line, _ report: inout Line) async -> [Outcome] {
    let clientID = call.required("client_id")
    let (calls, rounds) = (call.number("calls") ?? 1, call.number("repeat") ?? 1)
    let isRegister = call["operation"] == "RegisterDeviceCredential"
    let (instanceID, timeout) = (call["call_instance_id"], call.milliseconds("call_timeout_ms"))
    var outcomes: [Outcome] = []
    for round in 0..<rounds {
        let tasks = (0..<calls).map { number in
            let clientID = calls == 1 ? clientID : "\(clientID)-\(number)"
            return Task {
                await Outcome(of: clientID) {
                    isRegister
                        ? try await client.registerDeviceCredential(
                            clientID: clientID, instanceID: instanceID, timeout: timeout)
                        : try await client.deviceCredential(clientID: clientID, instanceID: instanceID, timeout: timeout)
                }
            }
        }
        if round == 0 {
            async let cancelled: Void = cancel(tasks, after: call.milliseconds("cancel_after_ms"))
            report["key_refused"] = await replaceKey(of: client, call)?.kind.rawValue
            await cancelled
        }
        for task in tasks { outcomes.append(await task.value) }
    }
    return outcomes
}

func cancel(_ tasks: [Task<Outcome, Never>], after: Duration?) async {
    guard let after else { return }
    try? await Task.sleep(for: after)
    tasks.forEach { $0.cancel() }
}

func replaceKey(of client: Client, _ call: Line) async -> DevcredError? {
    guard let after = call.milliseconds("replace_key_after_ms"), let key = accessKey(call, "new_") else { return nil }
    try? await Task.sleep(for: after)
    do throws(DevcredError) {
        try client.setAccessKey(key)
        return nil
    } catch {
        return error
    }
}

func client(_ call: Line, _ report: inout Line) throws(DevcredError) -> Client {
    var options = Client.Options(
        accessKey: accessKey(call, ""),
        region: call["region"],
        network: call["network"].map { Client.Network(rawValue: $0)! },
        endpoint: call["endpoint"],
        instanceID: call["instance_id"],
        signature: call["signature"].map { Client.Signature(rawValue: $0)! },
        timeout: call.milliseconds("timeout_ms"),
        attemptTimeout: call.milliseconds("attempt_timeout_ms"),
        connectTimeout: call.milliseconds("connect_timeout_ms"),
        maxAttempts: call.number("max_attempts"),
        maxConnections: call.number("max_connections"),
        maxConnecting: call.number("max_connecting"),
        maxRequestsPerSecond: call.number("max_requests_per_second"),
        rootCertificatesPEM: call["root_certificates_pem"],
        proxy: call["proxy"])
    options.log = Client.Log(from: .trace) { level, line in write("devcred \(level) \(line)", to: .standardError) }
    report["client_text"] = texts(options)
    let client = call["from_env"] == "true" ? try Client.fromEnvironment(options) : try Client(options)
    report["client_text"] = [options.accessKey.map { texts($0) } ?? "", texts(options), texts(client)].joined(separator: "\n")
    return client
}

func accessKey(_ call: Line, _ new: String) -> AccessKey? {
    guard let id = call["\(new)access_key_id"], let secret = call["\(new)access_key_secret"] else { return nil }
    return AccessKey(id: id, secret: secret, securityToken: call["\(new)security_token"])
}

/// How a call ended.
enum Outcome {
    case ok(DeviceCredential), failed(DevcredError), cancelled

    init(of clientID: String, _ call: () async throws -> DeviceCredential) async {
        do {
            let credential = try await call()
            precondition(credential.clientID == clientID, "a credential of another call")
            self = .ok(credential)
        } catch let error as DevcredError {
            self = .failed(error)
        } catch is CancellationError {
            self = .cancelled
        } catch {
            fatalError("an error of another type: \(type(of: error))")
        }
    }

    var isOK: Bool {
        if case .ok = self { true } else { false }
    }

    /// Stores the credential as JSON as the call requests, and restores it.
    func restored(from form: String?) -> Outcome {
        guard case .ok(let credential) = self, let form else { return self }
        var revealed = credential.reveal()
        if form == "masked" { revealed.deviceAccessKeySecret = "<hidden: use reveal()>" }
        do {
            let stored = try JSONEncoder().encode(revealed)
            let restored = try DeviceCredential(JSONDecoder().decode(DeviceCredential.Revealed.self, from: stored))
            precondition(restored == credential, "another credential was restored")
            return .ok(restored)
        } catch let error as DevcredError {
            return .failed(error)
        } catch {
            fatalError("an error of another type: \(type(of: error))")
        }
    }

    func add(to report: inout Line) {
        switch self {
        case .cancelled:
            report["outcome"] = "cancelled"
        case .failed(let error):
            report["outcome"] = "error"
            report["text"] = texts(error) + "\n" + error.localizedDescription
            report["kind"] = error.kind.rawValue
            report["code"] = error.code
            report["message"] = error.message
            report["client_id"] = error.clientID
            report["instance_id"] = error.instanceID
            report["http_status"] = error.httpStatus.map { String($0) }
            report["request_id"] = error.requestID
            report["retryable"] = String(error.isRetryable)
            report["possibly_billed"] = String(error.isPossiblyBilled)
            report["retry_after_ms"] = error.retryAfter.map { String($0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000) }
            report["attempts"] = String(error.attempts)
            report["help_url"] = error.helpURL?.absoluteString
            report["advice"] = error.advice
        case .ok(let credential):
            let login = credential.mqttLogin
            let revealed = login.reveal()
            report["outcome"] = "ok"
            report["text"] = [texts(credential), texts(login), texts(revealed)].joined(separator: "\n")
            report["client_id"] = credential.clientID
            report["instance_id"] = credential.instanceID
            report["device_access_key_id"] = credential.deviceAccessKeyID
            report["device_access_key_secret"] = credential.deviceAccessKeySecret
            report["request_id"] = credential.requestID
            report["create_time_ms"] = milliseconds(credential.createTime)
            report["update_time_ms"] = milliseconds(credential.updateTime)
            report["mqtt_client_id"] = revealed.clientID
            report["mqtt_username"] = revealed.username
            report["mqtt_password"] = revealed.password
        }
    }
}

/// Returns every text that Swift makes of a value by default.
func texts(_ value: some Sendable) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return ["\(value)", String(reflecting: value), dumped, "\([value])"].joined(separator: "\n")
}

func milliseconds(_ date: Date) -> String {
    String(Int64((date.timeIntervalSince1970 * 1000).rounded()))
}

/// Writes a line without buffering, so that lines keep their order.
func write(_ line: some CustomStringConvertible, to file: FileHandle) {
    file.write(Data("\(line)\n".utf8))
}
