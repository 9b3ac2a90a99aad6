package io.devcred

import io.devcred.internal.Language
import io.devcred.internal.NativeClient
import io.devcred.internal.NativeLog
import io.devcred.internal.NativeOpened
import io.devcred.internal.NativeOptions
import io.devcred.internal.open
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * The options of a [Client]. What is left null is as the documentation of the option says.
 *
 * Nothing is checked before a client is made of them. A duration is from 1 millisecond to a day.
 */
public class ClientOptions {
    /** The AccessKey's id, and with it [accessKeySecret]. */
    public var accessKeyId: String? = null

    /** The AccessKey's secret. */
    public var accessKeySecret: String? = null

    /** The security token of a temporary AccessKey. */
    public var securityToken: String? = null

    /** The instance's region, such as `cn-hangzhou`: it says where requests go, unless there is an [endpoint]. */
    public var region: String? = null

    /** From where the region is reached: [Network.Public] unless set. */
    public var network: Network? = null

    /** Where to send requests instead of the region's own endpoint: `https://host[:port]`, `http` for this machine only. */
    public var endpoint: String? = null

    /** The instance that calls ask for unless they name another. */
    public var instanceId: String? = null

    /** How requests are signed: [Signature.Acs3HmacSha256] unless set. */
    public var signature: Signature? = null

    /** How long a call may take in all, waits and further attempts included: 15 seconds unless set. */
    public var timeout: Duration? = null

    /** How long one attempt may take: 5 seconds unless set. */
    public var attemptTimeout: Duration? = null

    /** How long a connection may take: 3 seconds unless set. */
    public var connectTimeout: Duration? = null

    /** How many attempts a call may make: 3 unless set. */
    public var maxAttempts: Int? = null

    /** How many requests a second this client sends at most: 50 unless set. */
    public var maxRequestsPerSecond: Int? = null

    /** Certificate authorities in PEM, added to those in use. */
    public var rootCertificatesPem: String? = null

    /** `http[s]://[user:password@]host[:port]`, or `off`; from the environment (`HTTPS_PROXY`, `NO_PROXY`) unless set. */
    public var proxy: String? = null

    private var logLevel = LogLevel.Debug
    private var logListener: LogListener? = null

    /** Sets [timeout], from Java. */
    public fun setTimeout(timeout: java.time.Duration?) {
        this.timeout = timeout?.toKotlinDuration()
    }

    /** Sets [attemptTimeout], from Java. */
    public fun setAttemptTimeout(attemptTimeout: java.time.Duration?) {
        this.attemptTimeout = attemptTimeout?.toKotlinDuration()
    }

    /** Sets [connectTimeout], from Java. */
    public fun setConnectTimeout(connectTimeout: java.time.Duration?) {
        this.connectTimeout = connectTimeout?.toKotlinDuration()
    }

    /** Tells [listener] the events of this level and those that matter more. Without this call they go nowhere. */
    public fun log(level: LogLevel, listener: LogListener) {
        logLevel = level
        logListener = listener
    }

    internal fun open(fromEnv: Boolean): NativeClient {
        Library.ensureLoaded()
        val log = logListener?.let(::Log)
        return when (val opened = open(native(fromEnv), log)) {
            is NativeOpened.Client -> opened.client
            is NativeOpened.Refused -> throw DevcredException(opened.error)
        }
    }

    private fun native(fromEnv: Boolean) = NativeOptions(
        language = Language.KOTLIN,
        fromEnv = fromEnv,
        accessKeyId = wellFormed("accessKeyId", accessKeyId),
        accessKeySecret = wellFormed("accessKeySecret", accessKeySecret),
        securityToken = wellFormed("securityToken", securityToken),
        region = wellFormed("region", region),
        network = network?.text,
        endpoint = wellFormed("endpoint", endpoint),
        instanceId = wellFormed("instanceId", instanceId),
        signature = signature?.text,
        timeoutMs = timeout?.inWholeMilliseconds,
        attemptTimeoutMs = attemptTimeout?.inWholeMilliseconds,
        connectTimeoutMs = connectTimeout?.inWholeMilliseconds,
        maxAttempts = maxAttempts?.toLong(),
        maxRequestsPerSecond = maxRequestsPerSecond?.toLong(),
        rootCertificatesPem = wellFormed("rootCertificatesPem", rootCertificatesPem),
        proxy = wellFormed("proxy", proxy),
        logLevel = logLevel.text,
    )

    private class Log(private val listener: LogListener) : NativeLog {
        override fun event(level: String, message: String) =
            contained { listener.event(LogLevel.entries.first { it.text == level }, message) }
    }
}

/** From where a region is reached. */
public enum class Network(internal val text: String) {
    /** From anywhere. */
    Public("public"),

    /** From inside Alibaba Cloud, in the instance's own VPC. */
    Vpc("vpc"),
}

/** How requests are signed. */
public enum class Signature(internal val text: String) {
    /** ACS3-HMAC-SHA256, which the service's documents call V3. */
    Acs3HmacSha256("acs3-hmac-sha256"),

    /** HMAC-SHA1, which they call V2. With a security token take the other: this one puts it into the request line. */
    HmacSha1("hmac-sha1"),
}
