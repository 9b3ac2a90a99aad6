import Devcred
import Foundation
import Testing

@Suite struct ClientTests {
    @Test func fiveHundredConcurrentCallsReturnTheCredentialsOfTheirDevices() async throws {
        let client = try client()
        let secrets = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let credential = try await client.deviceCredential(clientID: "GID_many@@@\(number)")
                    #expect(credential.clientID == "GID_many@@@\(number)")
                    return credential.deviceAccessKeySecret
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(secrets.count == 500)
    }

    @Test func aClosedClientRefusesCallsAndKeys() async throws {
        let client = try client()
        client.close()
        client.close()
        let error = try await failure { try await client.deviceCredential(clientID: "GID_closed@@@x") }
        #expect((error.kind, error.attempts) == (.invalidParameter, 0))
        let key = AccessKey(id: "id", secret: "secret")
        #expect(throws: DevcredError.self) { try client.setAccessKey(key) }
    }

    @Test func closingAClientEndsItsCalls() async throws {
        let client = try client { $0.timeout = .seconds(60) }
        let clientID = "GID_closed@@@fault-hang"
        let call = Task { try await client.deviceCredential(clientID: clientID) }
        try await eventually { try recordedCalls(for: clientID).count == 1 }
        client.close()
        let error = try await failure { try await call.value }
        #expect(error.kind == .invalidParameter)
    }

    @Test func aCallCompletesAfterItsClientIsReleased() async throws {
        let call = Task { [client = try client()] in try await client.deviceCredential(clientID: "GID_gone@@@fault-slow-100") }
        #expect(try await call.value.clientID == "GID_gone@@@fault-slow-100")
    }

    #if os(Linux)
        @Test func closedClientsLeaveNoThreadsBehind() async throws {
            let tasks = { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") }
            let before = try tasks().count
            let clients = 200
            for number in 0..<clients {
                let client = try client()
                _ = try await client.deviceCredential(clientID: "GID_threads@@@\(number)")
                client.close()
            }
            let after = try tasks()
            let names = after.map { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
            #expect((1...5).contains(names.count { $0 == "devcred\n" }))
            // A leaked thread of each client would exceed this, whatever its name; other tests run
            // a few threads at the same time.
            #expect(after.count - before < clients / 2)
        }
    #endif

    @Test func aPanicIsAnErrorAndTheNextCallWorks() async throws {
        let client = try client()
        let error = try await failure { try await client.deviceCredential(clientID: "GID_test@@@panic") }
        #expect((error.kind, error.isRetryable) == (.internal, false))
        #expect(!error.description.contains("a test requested this panic"))
        #expect(try await client.deviceCredential(clientID: "GID_test@@@after").clientID == "GID_test@@@after")
    }

    @Test func theTextOfAnErrorIsThatOfEveryLanguageAndContainsTheAdvice() async throws {
        let client = try client()
        let clientID = "GID_x@@@fault-DeviceCredentialNotFound"
        let error = try await failure { try await client.deviceCredential(clientID: clientID) }
        #expect((error.kind, error.code, error.httpStatus) == (.notFound, "DeviceCredentialNotFound", 400))
        let lines = error.description.split(separator: "\n").map(String.init)
        #expect(lines == [error.localizedDescription, error.advice])
        #expect(lines[0].hasPrefix("NotFound: ") && error.recoverySuggestion == error.advice)
        #expect("\(error)" == error.debugDescription)
    }
}
