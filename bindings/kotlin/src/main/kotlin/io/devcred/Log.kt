package io.devcred

/** How much an event matters. */
public enum class LogLevel(internal val text: String) {
    /** There are none: a failure is thrown. */
    Error("error"),

    /** An attempt that failed and is made again; the first wait for the pace. */
    Warn("warn"),

    /** There are none. */
    Info("info"),

    /** Every attempt. */
    Debug("debug"),

    /** There are none. */
    Trace("trace"),
}

/**
 * Is told a client's events.
 *
 * It runs on a thread of the library while the call waits for it, several at once, so it must return soon; a blocking call of
 * devcred in it is refused. What it throws goes to its thread's handler of uncaught exceptions, and the call goes on.
 */
public fun interface LogListener {
    /** One event, in one line, in which no secret, no URL and no header stands. */
    public fun event(level: LogLevel, message: String)
}
