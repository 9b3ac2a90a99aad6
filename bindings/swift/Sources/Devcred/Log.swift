extension Client {
    /// Receives the log events of a client, from a level on.
    ///
    /// An event is one line, `attempt ended operation=GetDeviceCredential attempt=1 status=200 …`,
    /// and never contains a secret, a URL or a header.
    public struct Log: Sendable {
        let level: LogLevel
        let write: @Sendable (LogLevel, String) -> Void

        /// Creates a log for events of this level and more severe ones.
        ///
        /// ```swift
        /// var options = Client.Options()
        /// options.log = Client.Log(from: .debug) { level, line in print(level, line) }
        /// ```
        ///
        /// - Parameters:
        ///   - level: The lowest level.
        ///   - write: Called for each event, on a thread of devcred while a call waits for it: it must return soon.
        public init(from level: LogLevel, _ write: @escaping @Sendable (LogLevel, String) -> Void) {
            self.level = level
            self.write = write
        }
    }

    /// The level of an event, the most severe first.
    public enum LogLevel: String, CaseIterable, Sendable {
        /// devcred logs nothing at this level: it throws errors instead.
        case error
        /// Retries, and the first time that the rate limiter delays a call.
        case warn
        /// devcred logs nothing at this level.
        case info
        /// Every attempt.
        case debug
        /// devcred logs nothing at this level.
        case trace
    }
}
