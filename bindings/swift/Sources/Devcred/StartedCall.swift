import Foundation
internal import DevcredNative

/// What the cancellation of a task reaches of a call. It may come at any time: before the call is started, too.
final class StartedCall: @unchecked Sendable {
    private let lock = NSLock()
    // Both are touched with the lock held only.
    private var call: NativeCall?
    private var isCancelled = false

    /// Starts the call, unless it is cancelled already, and says whether it has. Starting returns at once, so a cancel may wait
    /// for it: it then finds the call.
    func start(_ start: () -> NativeCall) -> Bool {
        lock.withLock {
            if !isCancelled { call = start() }
            return !isCancelled
        }
    }

    func cancel() {
        let call = lock.withLock {
            isCancelled = true
            return self.call
        }
        call?.cancel()
    }
}

/// Wakes the task that waits for a call.
final class Listener: NativeListener {
    private let continuation: CheckedContinuation<NativeOutcome, Never>

    init(_ continuation: CheckedContinuation<NativeOutcome, Never>) {
        self.continuation = continuation
    }

    func completed(outcome: NativeOutcome) {
        continuation.resume(returning: outcome)
    }
}
