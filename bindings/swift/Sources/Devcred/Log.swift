extension Client {
    /// Where a client's events go, and from which level on.
    ///
    /// An event is one line, `attempt ended operation=GetDeviceCredential attempt=1 status=200 …`, and never holds a secret, a
    /// URL or a header.
    public struct Log: Sendable {
        let level: LogLevel
        let write: @Sendable (LogLevel, String) -> Void

        /// Events of this level and of those that matter more.
        ///
        /// ```swift
        /// var options = Client.Options()
        /// options.log = Client.Log(from: .debug) { level, line in print(level, line) }
        /// ```
        ///
        /// - Parameters:
        ///   - level: The level that matters least of those that are told.
        ///   - write: Is called once for each event, on a thread of devcred's, while a call waits for it: it must return soon.
        public init(from level: LogLevel, _ write: @escaping @Sendable (LogLevel, String) -> Void) {
            self.level = level
            self.write = write
        }
    }

    /// How much an event matters, the most first.
    public enum LogLevel: String, CaseIterable, Sendable {
        /// devcred has no such event: a failure is thrown.
        case error
        /// An attempt that failed and is made again; the first wait for the pace.
        case warn
        /// devcred has no such event.
        case info
        /// Every attempt.
        case debug
        /// devcred has no such event.
        case trace
    }
}
