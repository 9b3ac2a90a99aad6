package io.devcred

import io.devcred.internal.NativeError
import java.time.Duration

/**
 * Why a call failed or an option was refused.
 *
 * [toString] returns what happened, the service's code and request id and, on a second line, what
 * to do. No property contains a secret.
 */
public class DevcredException internal constructor(native: NativeError) : RuntimeException() {
    /** What the caller should do. */
    public val kind: ErrorKind = ErrorKind.named(native.kind)

    /** The device of the call; `null` if the client id is invalid, or if an option of the client was refused. */
    public val clientId: String? = native.clientId

    /** The instance of the call; `null` if a parameter of the call or an option of the client was refused. */
    public val instanceId: String? = native.instanceId

    /** The service's code, verbatim. */
    public val code: String? = native.code

    /** What happened. */
    override val message: String = native.message

    /** The HTTP status, if there was a response. */
    public val httpStatus: Int? = native.httpStatus?.toInt()

    /** The service's id of the request. */
    public val requestId: String? = native.requestId

    /** Whether the same call may succeed if it is made again. */
    @get:JvmName("isRetryable")
    public val retryable: Boolean = native.retryable

    /**
     * Whether an attempt may have been billed: a request was sent whose response did not arrive
     * completely, or reported a success that could not be read.
     */
    @get:JvmName("isPossiblyBilled")
    public val possiblyBilled: Boolean = native.possiblyBilled

    /** How long the service requested to wait before the next request; `null` if it requested nothing. */
    public val retryAfter: Duration? = native.retryAfterMs?.let(Duration::ofMillis)

    /** The number of attempts; 0 if nothing was sent. */
    public val attempts: Int = native.attempts.toInt()

    /** The service's page about the code. */
    public val helpUrl: String? = native.helpUrl

    /** What to do, if known. */
    public val advice: String? = native.advice

    private val text = native.text

    override fun toString(): String = text

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/** What the caller should do about an error. Later versions may add kinds. */
public enum class ErrorKind {
    /** Fix the input: an option, id or string is invalid. It was refused by this library before anything was sent, or by the service. */
    InvalidParameter,

    /** Fix the AccessKey, its security token, or the clock. */
    Authentication,

    /** Fix the RAM policy, the account or the region: this account has no access to this instance. */
    PermissionDenied,

    /** Register the device first: it has no credential. */
    NotFound,

    /** Fetch the credential instead: the device already has one. */
    AlreadyExists,

    /** Slow down. The call was retried before this is thrown. */
    Throttled,

    /** Use another region, instance or endpoint: this one does not know the operation. */
    Unsupported,

    /** Try later: the service failed, or returned a code that this version does not know. */
    Service,

    /** Check the network: no response arrived in time. */
    Timeout,

    /** Check the network: no connection could be made, or it ended before the complete response arrived. */
    Transport,

    /** Report it: the response does not match the service's documentation. */
    InvalidResponse,

    /** Report it: this library failed, or was called in a way that cannot work. */
    Internal,

    ;

    internal companion object {
        /** Maps a kind that is missing from this list to [Internal]. */
        fun named(name: String): ErrorKind = entries.find { it.name == name } ?: Internal
    }
}
