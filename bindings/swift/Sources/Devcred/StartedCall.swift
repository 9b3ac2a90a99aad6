import Foundation
internal import DevcredNative

/// Cancels a call when its task is cancelled, at any time, also before the call is started.
final class StartedCall: @unchecked Sendable {
    private let lock = NSLock()
    // The lock protects both.
    private var call: NativeCall?
    private var isCancelled = false

    /// Starts the call, unless it is already cancelled, and returns whether it did. Starting
    /// returns immediately, so a cancellation can wait for the lock; it then finds the call.
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

/// Resumes the task that waits for a call.
final class Listener: NativeListener {
    private let continuation: CheckedContinuation<NativeOutcome, Never>

    init(_ continuation: CheckedContinuation<NativeOutcome, Never>) {
        self.continuation = continuation
    }

    func completed(outcome: NativeOutcome) {
        continuation.resume(returning: outcome)
    }
}
