package io.devcred

/** The level of a log event, the most severe first. */
public enum class LogLevel(internal val text: String) {
    /** devcred logs nothing at this level: it throws exceptions instead. */
    Error("error"),

    /** Retries, and the first time that the rate limiter delays a call. */
    Warn("warn"),

    /** devcred logs nothing at this level. */
    Info("info"),

    /** Every attempt. */
    Debug("debug"),

    /** devcred logs nothing at this level. */
    Trace("trace"),
}

/**
 * Receives the log events of a client.
 *
 * It runs on the thread of a blocking call, and otherwise on the thread of the library, while the
 * call waits for it. So it must return soon; a blocking call of devcred in it is refused. An
 * exception that it throws is passed to its thread's handler of uncaught exceptions, and the call
 * continues.
 */
public fun interface LogListener {
    /** Called for each event with one line, which contains no secret, no URL and no header. */
    public fun event(level: LogLevel, message: String)
}
