import Devcred
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Returns a client of the emulator that runs these tests: it sets their environment.
func client(_ change: (inout Client.Options) -> Void = { _ in }) throws -> Client {
    var options = Client.Options(maxRequestsPerSecond: 1_000_000)
    change(&options)
    return try Client.fromEnvironment(options)
}

/// Returns the DevcredError that the body throws.
func failure<T>(of body: () async throws -> T) async throws -> DevcredError {
    do {
        _ = try await body()
    } catch let error as DevcredError {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}

/// The emulator's journal.
private struct Journal: Decodable {
    let calls: [RecordedCall]
}

/// A call in the emulator's journal.
struct RecordedCall: Decodable {
    let client_id: String?
    let end: String?
}

/// Returns the calls for a device that the emulator has received so far.
func recordedCalls(for clientID: String) throws -> [RecordedCall] {
    let endpoint = try #require(ProcessInfo.processInfo.environment["DEVCRED_ENDPOINT"])
    let journal = try Data(contentsOf: try #require(URL(string: "\(endpoint)/_devcred/calls")))
    return try JSONDecoder().decode(Journal.self, from: journal).calls.filter { $0.client_id == clientID }
}

/// Waits until the condition is true, and throws an error if it is not after 30 seconds.
func eventually(_ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try !condition() {
        if ContinuousClock.now > deadline { throw ConditionTimeout() }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct ConditionTimeout: Error {}
