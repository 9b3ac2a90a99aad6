package io.devcred

import io.devcred.internal.NativeError

/**
 * Why a call failed, or was refused.
 *
 * [toString] is for people: what happened, the service's code and its request id and, on a line of its own, what to do. No
 * secret stands in any member.
 */
public class DevcredException internal constructor(native: NativeError) : RuntimeException() {
    /** What the caller can do about it. */
    public val kind: ErrorKind = ErrorKind.named(native.kind)

    /** The service's code, verbatim. */
    public val code: String? = native.code

    /** What happened. */
    override val message: String = native.message

    /** The status of the service's answer. */
    public val httpStatus: Int? = native.httpStatus?.toInt()

    /** The service's id of the request. */
    public val requestId: String? = native.requestId

    /** Whether the same call may succeed if it is made again. */
    @get:JvmName("isRetryable")
    public val retryable: Boolean = native.retryable

    /** How many attempts were made. */
    public val attempts: Int = native.attempts.toInt()

    /** The service's page about the code. */
    public val helpUrl: String? = native.helpUrl

    /** What to do. */
    public val advice: String? = native.advice

    private val text = native.text

    override fun toString(): String = text

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/** What the caller can do about a failure. A later version may have more of them. */
public enum class ErrorKind {
    /** Fix the input: an option, an id or a text was refused, by this library before anything was sent or by the service. */
    InvalidParameter,

    /** Fix the AccessKey, its security token, or the clock. */
    Authentication,

    /** Fix the RAM policy, the account or the region: this account may not ask for this instance. */
    PermissionDenied,

    /** Register the device first: it has no credential. */
    NotFound,

    /** Slow down. Retried before it is thrown. */
    Throttled,

    /** Use another region, instance or endpoint: this one does not know the operation. */
    Unsupported,

    /** Try later: the service failed, or answered with a code that this version does not know. */
    Service,

    /** Look at the network: an answer did not come in time. */
    Timeout,

    /** Look at the network: no connection, or one that broke before the whole answer had come. */
    Transport,

    /** Report it: the answer is none that the service documents. */
    InvalidResponse,

    /** Report it: this library, or the way it is called, is at fault. */
    Internal,

    ;

    internal companion object {
        /** A kind that the core has learnt and this list has not reads as what it is: a fault of ours. */
        fun named(name: String): ErrorKind = entries.find { it.name == name } ?: Internal
    }
}
