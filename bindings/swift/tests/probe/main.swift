// Swift's probe: it makes calls through the public API of Devcred and says what it saw. tests/README.md has the protocol.
import Devcred
import Foundation

var greeting = Line()
greeting["probe"] = "swift"
greeting["version"] = Client.version
greeting["kinds"] = ErrorKind.allCases.map(\.rawValue).joined(separator: ",")
say(greeting, to: .standardOutput)
/// It stays open until the next line, so that nothing but the cancellation can end a cancelled call.
var held: Client?
while let line = readLine() {
    held?.close()
    let (answered, client) = await answer(Line(parsing: line))
    held = client
    say(answered, to: .standardOutput)
}
held?.close()

func answer(_ call: Line) async -> (Line, Client?) {
    var answer = Line()
    var held: Client?
    answer["case"] = call.required("case")
    var ended: [Ended]
    do throws(DevcredError) {
        let client = try client(call, &answer)
        held = client
        ended = await allCalls(client, call, &answer)
    } catch {
        ended = [.failed(error)]
    }
    let ok = ended.count { $0.isOK }
    answer["ok"] = String(ok)
    answer["failed"] = String(ended.count - ok)
    (ended.first { !$0.isOK } ?? ended[0]).tell(&answer)
    return (answer, held)
}

func allCalls(_ client: Client, _ call: Line, _ answer: inout Line) async -> [Ended] {
    let clientID = call.required("client_id")
    let (calls, rounds) = (call.number("calls") ?? 1, call.number("repeat") ?? 1)
    let (instanceID, timeout) = (call["call_instance_id"], call.milliseconds("call_timeout_ms"))
    var ended: [Ended] = []
    for round in 0..<rounds {
        let tasks = (0..<calls).map { number in
            let clientID = calls == 1 ? clientID : "\(clientID)-\(number)"
            return Task {
                await Ended(of: clientID) {
                    try await client.deviceCredential(clientID: clientID, instanceID: instanceID, timeout: timeout)
                }
            }
        }
        if round == 0 {
            async let cancelled: Void = cancel(tasks, after: call.milliseconds("cancel_after_ms"))
            answer["key_refused"] = await replaceKey(of: client, call)?.kind.rawValue
            await cancelled
        }
        for task in tasks { ended.append(await task.value) }
    }
    return ended
}

func cancel(_ tasks: [Task<Ended, Never>], after: Duration?) async {
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

func client(_ call: Line, _ answer: inout Line) throws(DevcredError) -> Client {
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
        maxRequestsPerSecond: call.number("max_requests_per_second"),
        rootCertificatesPEM: call["root_certificates_pem"],
        proxy: call["proxy"])
    options.log = Client.Log(from: .trace) { level, line in say("devcred \(level) \(line)", to: .standardError) }
    answer["client_text"] = texts(options)
    let client = call["from_env"] == "true" ? try Client.fromEnvironment(options) : try Client(options)
    answer["client_text"] = [options.accessKey.map { texts($0) } ?? "", texts(options), texts(client)].joined(separator: "\n")
    return client
}

func accessKey(_ call: Line, _ new: String) -> AccessKey? {
    guard let id = call["\(new)access_key_id"], let secret = call["\(new)access_key_secret"] else { return nil }
    return AccessKey(id: id, secret: secret, securityToken: call["\(new)security_token"])
}

/// How a call ended.
enum Ended {
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

    func tell(_ answer: inout Line) {
        switch self {
        case .cancelled:
            answer["outcome"] = "cancelled"
        case .failed(let error):
            answer["outcome"] = "error"
            answer["text"] = texts(error) + "\n" + error.localizedDescription
            answer["kind"] = error.kind.rawValue
            answer["code"] = error.code
            answer["message"] = error.message
            answer["http_status"] = error.httpStatus.map { String($0) }
            answer["request_id"] = error.requestID
            answer["retryable"] = String(error.isRetryable)
            answer["attempts"] = String(error.attempts)
            answer["help_url"] = error.helpURL?.absoluteString
            answer["advice"] = error.advice
        case .ok(let credential):
            let login = credential.mqttLogin
            let revealed = login.reveal()
            answer["outcome"] = "ok"
            answer["text"] = [texts(credential), texts(login), texts(revealed)].joined(separator: "\n")
            answer["client_id"] = credential.clientID
            answer["instance_id"] = credential.instanceID
            answer["device_access_key_id"] = credential.deviceAccessKeyID
            answer["device_access_key_secret"] = credential.deviceAccessKeySecret
            answer["request_id"] = credential.requestID
            answer["create_time_ms"] = milliseconds(credential.createTime)
            answer["update_time_ms"] = milliseconds(credential.updateTime)
            answer["mqtt_client_id"] = revealed.clientID
            answer["mqtt_username"] = revealed.username
            answer["mqtt_password"] = revealed.password
        }
    }
}

/// Every way in which Swift makes a text of a value by default.
func texts(_ value: some Sendable) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return ["\(value)", String(reflecting: value), dumped, "\([value])"].joined(separator: "\n")
}

func milliseconds(_ date: Date) -> String {
    String(Int64((date.timeIntervalSince1970 * 1000).rounded()))
}

/// Unbuffered, so that what is written stands there before anything that comes after it.
func say(_ line: some CustomStringConvertible, to file: FileHandle) {
    file.write(Data("\(line)\n".utf8))
}
