import Devcred
import Foundation
import Testing

@Suite struct ExampleTests {
    @Test func getPrintsTheUserName() throws {
        let ended = try run("get", "GID_example@@@one")
        #expect(ended.output.hasPrefix("DeviceCredential|") && ended.output.hasSuffix("|post-cn-0pp12gl****\n"))
        #expect((ended.errors, ended.status) == ("", 0))
    }

    @Test func getSaysWhatToDo() throws {
        let unknown = try run("get", "GID_example@@@fault-DeviceCredentialNotFound")
        #expect(unknown == Ended(output: "", errors: "register the device first\n", status: 1))
        let refused = try run("get", "")
        #expect(refused.errors.hasPrefix("InvalidParameter: client_id is empty") && refused.status == 1)
    }

    /// Only the app's server has an AccessKey. The app has the token that its user signed in with.
    @Test func loginAsksTheAppsServer() async throws {
        let client = try Client.fromEnvironment()
        let server = try AppServer { head in
            guard head.hasPrefix("POST /mqtt-login HTTP/1.1\r\n") else { return (404, Data()) }
            guard head.contains("\r\nAuthorization: Bearer t0ken-of-alice\r\n") else { return (401, Data()) }
            do {
                let credential = try await client.deviceCredential(clientID: "GID_alice@@@phone")
                return (200, try JSONEncoder().encode(credential.mqttLogin.reveal()))
            } catch {
                return (500, Data())
            }
        }
        let right = try run("login", server.url.absoluteString, environment: ["APP_TOKEN": "t0ken-of-alice"])
        #expect(right.output.hasPrefix("DeviceCredential|") && right.output.hasSuffix("|post-cn-0pp12gl****\n"))
        #expect((right.errors, right.status) == ("", 0))
        let wrong = try run("login", server.url.absoluteString, environment: ["APP_TOKEN": "t0ken-of-mallory"])
        #expect(wrong == Ended(output: "", errors: "the server returned status 401\n", status: 1))
    }
}

struct Ended: Equatable {
    var output: String
    var errors: String
    var status: Int32
}

/// Runs an example that was built beside these tests. The environment configures it for the
/// emulator.
func run(_ name: String, _ arguments: String..., environment: [String: String] = [:]) throws -> Ended {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let (output, errors, process) = (Pipe(), Pipe(), Process())
    process.executableURL = folder.appendingPathComponent(name)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let written = [output, errors].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
    process.waitUntilExit()
    return Ended(output: written[0], errors: written[1], status: process.terminationStatus)
}
