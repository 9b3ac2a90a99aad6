import Devcred
import Testing

@Suite struct CancellationTests {
    @Test func cancellingEndsTheCallAndClosesItsConnection() async throws {
        let client = try clientWithLongTimeouts()
        let clientID = "GID_cancelled@@@fault-hang"
        let task = Task { try await client.deviceCredential(clientID: clientID) }
        try await eventually { try recordedCalls(for: clientID).count == 1 }
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await eventually { try recordedCalls(for: clientID).first?.end == "client_closed" }
        // Takes a few milliseconds. Without the cancellation, the call would end after its timeout.
        #expect(ContinuousClock.now - start < longTimeout / 2)
    }

    @Test func aCallInACancelledTaskSendsNothing() async throws {
        let client = try client()
        // With an open connection, a request would be sent immediately.
        _ = try await client.deviceCredential(clientID: "GID_cancelled@@@first")
        let clientID = "GID_cancelled@@@before"
        for _ in 0..<500 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.deviceCredential(clientID: clientID)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try recordedCalls(for: clientID).isEmpty)
    }

    @Test func aFailingCallCancelsTheOthersOfItsGroup() async throws {
        let client = try clientWithLongTimeouts()
        let sibling = "GID_group@@@fault-hang"
        let start = ContinuousClock.now
        let error = try await failure(of: {
            try await withThrowingTaskGroup(of: DeviceCredential.self) { group in
                group.addTask { try await client.deviceCredential(clientID: sibling) }
                try await eventually { try recordedCalls(for: sibling).count == 1 }
                group.addTask { try await client.deviceCredential(clientID: "") }
                for try await _ in group {}
            }
        })
        #expect(error.kind == .invalidParameter)
        try await eventually { try recordedCalls(for: sibling).first?.end == "client_closed" }
        // The group has waited for both calls.
        #expect(ContinuousClock.now - start < longTimeout / 2)
    }

    /// Also if the task is cancelled while the call starts.
    @Test func aCancellationIsNeverLost() async throws {
        let client = try clientWithLongTimeouts()
        for number in 0..<1000 {
            let task = Task { try await client.deviceCredential(clientID: "GID_lost@@@fault-hang") }
            // Cancel a little later each time, until the call certainly runs.
            for _ in 0..<(number * 10) { _ = ContinuousClock.now }
            task.cancel()
            do {
                _ = try await task.value
            } catch is CancellationError {
                continue
            }
        }
    }

    /// Cancelled before the call has started, while it runs, or after it has ended.
    @Test func aCallEndsOnceWheneverItIsCancelled() async throws {
        let client = try client()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let task = Task { try await client.deviceCredential(clientID: "GID_any@@@\(number)") }
                    try? await Task.sleep(for: .microseconds(number * 50))
                    task.cancel()
                    do {
                        return try await task.value.clientID == "GID_any@@@\(number)"
                    } catch {
                        return error is CancellationError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 200 && outcomes.allSatisfy { $0 })
    }
}

/// How long a call without a response takes, unless it is cancelled.
private let longTimeout: Duration = .seconds(120)

private func clientWithLongTimeouts() throws -> Client {
    try client { options in
        options.timeout = longTimeout
        options.attemptTimeout = longTimeout
    }
}
