import Foundation
internal import DevcredNative

/// What a task's cancellation reaches of a call. It may come at any time: before the call is started, too.
final class StartedCall: @unchecked Sendable {
    private let lock = NSLock()
    // Both are touched with the lock held only.
    private var call: NativeCall?
    private var isCancelled = false

    /// Is told the call as soon as there is one.
    func began(_ call: NativeCall) {
        let isLate = lock.withLock {
            self.call = call
            return isCancelled
        }
        if isLate { call.cancel() }
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
