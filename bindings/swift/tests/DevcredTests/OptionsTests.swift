import Devcred
import Foundation
import Testing

@Suite struct OptionsTests {
    @Test(arguments: [
        \Client.Options.region, \.endpoint, \.instanceID, \.proxy, \.rootCertificatesPEM,
    ] as [WritableKeyPath<Client.Options, String?> & Sendable])
    func anOptionWithANulIsRefusedAndNotTruncated(option: WritableKeyPath<Client.Options, String?> & Sendable) async throws {
        let error = try await failure {
            try client { options in
                options.region = "cn-hangzhou"
                options[keyPath: option] = (options[keyPath: option] ?? "off") + "\0and more"
            }
        }
        #expect((error.kind, error.attempts) == (.invalidParameter, 0))
    }

    @Test(arguments: ["GID_nul@@@x^", "^GID_nul@@@x", "GID_nul@@@^x"])
    func anIDWithANulIsRefused(template: String) async throws {
        let text = template.replacing("^", with: "\0")
        let client = try client()
        let deviceError = try await failure { try await client.deviceCredential(clientID: text) }
        let instanceError = try await failure { try await client.deviceCredential(clientID: "GID_x@@@x", instanceID: text) }
        #expect((deviceError.kind, instanceError.kind) == (.invalidParameter, .invalidParameter))
        #expect(throws: DevcredError.self) { try client.setAccessKey(AccessKey(id: text, secret: "secret")) }
        #expect(throws: DevcredError.self) { try client.setAccessKey(AccessKey(id: "id", secret: text)) }
        #expect(throws: DevcredError.self) {
            try client.setAccessKey(AccessKey(id: "id", secret: "secret", securityToken: text))
        }
    }

    @Test(arguments: [.zero, .seconds(-1), .seconds(Int64.min), .seconds(Int64.max), .seconds(1e20)] as [Duration])
    func aTimeOutOfRangeIsRefused(time: Duration) async throws {
        let error = try await failure { try client { $0.timeout = time } }
        #expect(error.kind == .invalidParameter)
    }

    @Test func aTimeBelowAMillisecondIsNotIgnored() async throws {
        let client = try client()
        let clientID = "GID_short@@@fault-hang"
        let error = try await failure { try await client.deviceCredential(clientID: clientID, timeout: .nanoseconds(1)) }
        #expect(error.kind == .timeout)
    }

    @Test(arguments: [Int.min, -1, 0, .max]) func aCountOutOfRangeIsRefused(count: Int) async throws {
        let error = try await failure { try client { $0.maxRequestsPerSecond = count } }
        #expect(error.kind == .invalidParameter)
    }

    @Test func aLogReceivesTheEventsOfItsLevelAndMoreSevereOnes() async throws {
        for (level, expected) in [(Client.LogLevel.debug, ["debug", "warn", "debug"]), (.warn, ["warn"]), (.error, [])] {
            let lines = Lines()
            let client = try client { options in
                options.log = Client.Log(from: level) { level, line in lines.append("\(level) \(line)") }
            }
            _ = try await client.deviceCredential(clientID: "GID_\(level)@@@fault-close-1")
            #expect(lines.all.map { String($0.prefix { $0 != " " }) } == expected)
        }
    }
}

/// The lines that a log received, from any thread.
final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func append(_ line: String) { lock.withLock { lines.append(line) } }

    var all: [String] { lock.withLock { lines } }
}
