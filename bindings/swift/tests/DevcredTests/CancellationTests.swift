import Devcred
import Testing

@Suite struct CancellationTests {
    @Test func aCancelEndsTheCallAndClosesItsConnection() async throws {
        let client = try patientClient()
        let clientID = "GID_cancelled@@@fault-hang"
        let task = Task { try await client.deviceCredential(clientID: clientID) }
        try await eventually { try seenCalls(for: clientID).count == 1 }
        let cancelled = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await eventually { try seenCalls(for: clientID).first?.end == "client_closed" }
        // It takes some milliseconds. A call that was not cancelled would end with its client's patience.
        #expect(ContinuousClock.now - cancelled < patience / 2)
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let client = try client()
        // With a connection that is open, a request would be under way at once.
        _ = try await client.deviceCredential(clientID: "GID_cancelled@@@first")
        let clientID = "GID_cancelled@@@before"
        for _ in 0..<500 {
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.deviceCredential(clientID: clientID)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try seenCalls(for: clientID).isEmpty)
    }

    @Test func aFailedSiblingCancelsTheCallsOfItsGroup() async throws {
        let client = try patientClient()
        let sibling = "GID_group@@@fault-hang"
        let begun = ContinuousClock.now
        let error = try await failure(of: {
            try await withThrowingTaskGroup(of: DeviceCredential.self) { group in
                group.addTask { try await client.deviceCredential(clientID: sibling) }
                try await eventually { try seenCalls(for: sibling).count == 1 }
                group.addTask { try await client.deviceCredential(clientID: "") }
                for try await _ in group {}
            }
        })
        #expect(error.kind == .invalidParameter)
        try await eventually { try seenCalls(for: sibling).first?.end == "client_closed" }
        // The group has waited for both calls.
        #expect(ContinuousClock.now - begun < patience / 2)
    }

    /// In the moment in which the call starts, too.
    @Test func aCancelIsNeverLost() async throws {
        let client = try patientClient()
        for number in 0..<1000 {
            let task = Task { try await client.deviceCredential(clientID: "GID_lost@@@fault-hang") }
            // Each time a little later, until it certainly runs.
            for _ in 0..<(number * 10) { _ = ContinuousClock.now }
            task.cancel()
            do {
                _ = try await task.value
            } catch is CancellationError {
                continue
            }
        }
    }

    /// At any moment: before the call has started, while it runs, when it has ended.
    @Test func wheneverItIsCancelledACallEndsOnce() async throws {
        let client = try client()
        let ended = await withTaskGroup(of: Bool.self) { group in
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
        #expect(ended.count == 200 && ended.allSatisfy { $0 })
    }
}

/// How long a call for a silent device takes, unless it is cancelled.
private let patience: Duration = .seconds(120)

private func patientClient() throws -> Client {
    try client { options in
        options.timeout = patience
        options.attemptTimeout = patience
    }
}
