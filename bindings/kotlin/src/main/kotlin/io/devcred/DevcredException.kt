package io.devcred

import io.devcred.internal.NativeError
import java.time.Duration
import kotlinx.coroutines.CopyableThrowable
import kotlinx.coroutines.ExperimentalCoroutinesApi

/**
 * Why a call failed or an option was refused. No property contains a secret.
 *
 * The constructor creates an exception without a call, for example in a test.
 */
@OptIn(ExperimentalCoroutinesApi::class)
public class DevcredException @JvmOverloads constructor(
    /** What the caller should do. */
    public val kind: ErrorKind,
    /** What happened. For an error of the service it is the service's message. */
    public val errorMessage: String,
    /** The service's code, verbatim. */
    public val code: String? = null,
    /** Whether the same call may succeed if it is made again. */
    @get:JvmName("isRetryable")
    public val retryable: Boolean = false,
    /**
     * Whether an attempt may have been billed: a request was sent whose response did not arrive
     * completely, or reported a success that could not be read.
     */
    @get:JvmName("isPossiblyBilled")
    public val possiblyBilled: Boolean = false,
    /** How long the service requested to wait before the next request; `null` if it requested nothing. */
    public val retryAfter: Duration? = null,
    /** The number of attempts; 0 if nothing was sent. */
    public val attempts: Int = 0,
    /** The device of the call; `null` if the client id is invalid, or if an option of the client was refused. */
    public val clientId: String? = null,
    /** The instance of the call; `null` if a parameter of the call or an option of the client was refused. */
    public val instanceId: String? = null,
    /** The HTTP status, if there was a response. */
    public val httpStatus: Int? = null,
    /** The service's id of the request. */
    public val requestId: String? = null,
    /** The service's page about the code. */
    public val helpUrl: String? = null,
    /** What to do, if known. */
    public val advice: String? = null,
) : RuntimeException(),
    CopyableThrowable<DevcredException> {
    /**
     * The text for people: the line `KIND: errorMessage (code, request id …)` and, if there is
     * [advice], a second line with it.
     */
    override val message: String
        get() {
            val details = listOfNotNull(code, requestId?.let { "request id $it" })
            val suffix = if (details.isEmpty()) "" else details.joinToString(prefix = " (", postfix = ")")
            return "$kind: $errorMessage$suffix${advice?.let { "\n$it" }.orEmpty()}"
        }

    /**
     * Returns the same exception with this one as its cause. Coroutines call it in their debug mode
     * when they pass an exception to another coroutine, whose frames the copy adds.
     */
    override fun createCopy(): DevcredException {
        val copy = DevcredException(
            kind, errorMessage, code, retryable, possiblyBilled, retryAfter, attempts, clientId, instanceId, httpStatus,
            requestId, helpUrl, advice,
        )
        return copy.apply { initCause(this@DevcredException) }
    }

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * Returns the exception for an error, as a `Throwable`: to verify a function that throws a
 * [DevcredException], the JVM would load that class and [CopyableThrowable], even if no call fails.
 */
internal fun NativeError.toException(): Throwable = DevcredException(
    kind = ErrorKind.named(kind),
    errorMessage = message,
    code = code,
    retryable = retryable,
    possiblyBilled = possiblyBilled,
    retryAfter = retryAfterMs?.let(Duration::ofMillis),
    attempts = attempts.toInt(),
    clientId = clientId,
    instanceId = instanceId,
    httpStatus = httpStatus?.toInt(),
    requestId = requestId,
    helpUrl = helpUrl,
    advice = advice,
)

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
