package io.devcred

import io.devcred.internal.NativeClient
import io.devcred.internal.NativeLibrary
import io.devcred.internal.NativeLog
import io.devcred.internal.number
import io.devcred.internal.optionalNumber
import java.nio.charset.StandardCharsets.UTF_8
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * The options of a [Client]. Null means the default.
 *
 * They are checked when a client is created. Durations are 1 millisecond to a day.
 */
public class ClientOptions {
    /** The id of the AccessKey. Required, with [accessKeySecret]. */
    public var accessKeyId: String? = null

    /** The secret of the AccessKey. */
    public var accessKeySecret: String? = null

    /** The security token of a temporary AccessKey. */
    public var securityToken: String? = null

    /** The instance's region, such as `cn-hangzhou`: required unless [endpoint] is set. */
    public var region: String? = null

    /** The network of the endpoint. Default: [Network.Public]. */
    public var network: Network? = null

    /** `https://host[:port]`; `http` for loopback only. Default: the endpoint of the region. */
    public var endpoint: String? = null

    /** The instance, unless a call sets another. */
    public var instanceId: String? = null

    /** The signature method. Default: [Signature.Acs3HmacSha256]. */
    public var signature: Signature? = null

    /** The timeout of a call, with the rate limiter and all retries. Default: 15 seconds. */
    public var timeout: Duration? = null

    /** The timeout of one attempt. Default: 5 seconds. */
    public var attemptTimeout: Duration? = null

    /** The timeout to connect. Default: 3 seconds. */
    public var connectTimeout: Duration? = null

    /** The maximum number of attempts. Default: 3. */
    public var maxAttempts: Int? = null

    /** The maximum number of open connections. Further calls wait for one. Default: 100. */
    public var maxConnections: Int? = null

    /** How many of these connections are opened at a time. Default: 16. */
    public var maxConnecting: Int? = null

    /** The maximum number of requests per second. Default: 50. */
    public var maxRequestsPerSecond: Int? = null

    /** Certificate authorities in PEM, in addition to those in use. */
    public var rootCertificatesPem: String? = null

    /** `http[s]://[user:password@]host[:port]`, `host:port` or `off`. Default: from `HTTPS_PROXY` and `NO_PROXY`. */
    public var proxy: String? = null

    private var log: Log? = null

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

    /** Calls [listener] with the log events of this level and more severe ones. By default nothing is logged. */
    public fun log(level: LogLevel, listener: LogListener) {
        log = Log(level.text, listener)
    }

    internal fun open(fromEnv: Boolean): NativeClient {
        NativeLibrary.ensureLoaded()
        // Without a listener the library ignores the level.
        return NativeClient.open(fields(fromEnv), log?.level ?: "", log) { it.toException() }
    }

    /** Returns the fields of the bridge's `Options`, in the order of its table. */
    private fun fields(fromEnv: Boolean): Array<Any?> = arrayOf(
        number(if (fromEnv) 1 else 0),
        optionalUtf8("accessKeyId", accessKeyId),
        optionalUtf8("accessKeySecret", accessKeySecret),
        optionalUtf8("securityToken", securityToken),
        optionalUtf8("region", region),
        network?.text?.toByteArray(UTF_8),
        optionalUtf8("endpoint", endpoint),
        optionalUtf8("instanceId", instanceId),
        signature?.text?.toByteArray(UTF_8),
        optionalNumber(timeout?.inWholeMilliseconds),
        optionalNumber(attemptTimeout?.inWholeMilliseconds),
        optionalNumber(connectTimeout?.inWholeMilliseconds),
        optionalNumber(maxAttempts?.toLong()),
        optionalNumber(maxConnections?.toLong()),
        optionalNumber(maxConnecting?.toLong()),
        optionalNumber(maxRequestsPerSecond?.toLong()),
        optionalUtf8("rootCertificatesPem", rootCertificatesPem),
        optionalUtf8("proxy", proxy),
    )

    private class Log(val level: String, private val listener: LogListener) : NativeLog {
        override fun event(level: ByteArray, message: ByteArray) = catchAll {
            val name = level.decodeToString()
            listener.event(LogLevel.entries.first { it.text == name }, message.decodeToString())
        }
    }
}

/** The network on which the service is reached. */
public enum class Network(internal val text: String) {
    /** The public internet. */
    Public("public"),

    /** A virtual private cloud of the region. */
    Vpc("vpc"),
}

/** How requests are signed. */
public enum class Signature(internal val text: String) {
    /** ACS3-HMAC-SHA256, which the service's documents call V3. */
    Acs3HmacSha256("acs3-hmac-sha256"),

    /** HMAC-SHA1, which they call V2. With a security token use the other one: this one puts the token into the URL. */
    HmacSha1("hmac-sha1"),
}
