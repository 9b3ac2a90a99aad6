import Devcred
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A client of the emulator that runs these tests and has set their environment.
func client(_ change: (inout Client.Options) -> Void = { _ in }) throws -> Client {
    var options = Client.Options(maxRequestsPerSecond: 1_000_000)
    change(&options)
    return try Client.fromEnvironment(options)
}

/// The error that the body ends with, which must be one of devcred's.
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
    let calls: [SeenCall]
}

/// A call as the emulator has seen it.
struct SeenCall: Decodable {
    let client_id: String?
    let end: String?
}

/// The calls for a device that have come to the emulator so far.
func seenCalls(for clientID: String) throws -> [SeenCall] {
    let endpoint = try #require(ProcessInfo.processInfo.environment["DEVCRED_ENDPOINT"])
    let journal = try Data(contentsOf: try #require(URL(string: "\(endpoint)/_devcred/calls")))
    return try JSONDecoder().decode(Journal.self, from: journal).calls.filter { $0.client_id == clientID }
}

/// Asks again and again until it is so. A test that waits in vain ends with an error.
func eventually(_ isSo: () throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(30)
    while try !isSo() {
        if ContinuousClock.now > limit { throw InVain() }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct InVain: Error {}
