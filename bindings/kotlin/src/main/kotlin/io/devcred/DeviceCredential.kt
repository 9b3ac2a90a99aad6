package io.devcred

import io.devcred.internal.NativeCredential
import java.time.Instant

/**
 * The credential of one device. It does not expire, and changes only if the device is registered
 * again or refreshed. To store it, store what [reveal] returns, and pass that to [fromRevealed]
 * after a restart.
 *
 * `toString` hides its secret, and serialisers that use getters or fields skip it. Two credentials
 * are equal if they differ only in the request id.
 */
public class DeviceCredential internal constructor(native: NativeCredential) {
    /**
     * Creates a credential without a request, for example in a test. Times have milliseconds.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] if an id or the secret is empty or contains control
     * characters, if the secret is the text that hides one, or if a time is before 1970 or after 9999.
     */
    @JvmOverloads
    public constructor(
        clientId: String,
        instanceId: String,
        deviceAccessKeyId: String,
        deviceAccessKeySecret: String,
        createTime: Instant,
        updateTime: Instant,
        requestId: String = "",
    ) : this(
        restore(
            clientId,
            instanceId,
            deviceAccessKeyId,
            deviceAccessKeySecret,
            createTime.toEpochMilli(),
            updateTime.toEpochMilli(),
            requestId,
        ),
    )

    /** The device's client id, `GROUP@@@DEVICE`. */
    public val clientId: String = native.clientId

    /** The instance that the device connects to. */
    public val instanceId: String = native.instanceId

    /** The id of the device's AccessKey. */
    public val deviceAccessKeyId: String = native.deviceAccessKeyId

    /** The secret of the device's AccessKey. */
    @Transient
    @get:JvmName("deviceAccessKeySecret")
    public val deviceAccessKeySecret: String = native.deviceAccessKeySecret

    /** When the credential was created. */
    public val createTime: Instant = Instant.ofEpochMilli(native.createTimeMs)

    /** When the credential was last changed. */
    public val updateTime: Instant = Instant.ofEpochMilli(native.updateTimeMs)

    /** The service's id of the request; empty if the service sent none. */
    public val requestId: String = native.requestId

    @Transient
    private val login = MqttLogin(native.clientId, native.username, native.password)

    /**
     * Returns what the device sends in CONNECT. It is valid as long as the credential. Give a
     * device or an app this instead of the secret, if it need not compute the password itself.
     */
    public fun mqttLogin(): MqttLogin = login

    /**
     * Returns everything, with the readable secret, as texts and numbers that any JSON library
     * accepts: the way to store a credential. The times are `createTimeMs` and `updateTimeMs`,
     * milliseconds since 1970 UTC.
     */
    public fun reveal(): Map<String, Any> = mapOf(
        "clientId" to clientId,
        "instanceId" to instanceId,
        "deviceAccessKeyId" to deviceAccessKeyId,
        "deviceAccessKeySecret" to deviceAccessKeySecret,
        "createTimeMs" to createTime.toEpochMilli(),
        "updateTimeMs" to updateTime.toEpochMilli(),
        "requestId" to requestId,
    )

    private val compared
        get() = listOf(clientId, instanceId, deviceAccessKeyId, deviceAccessKeySecret, createTime, updateTime)

    /** Compares everything but the request id, which differs each time that the same credential is fetched. */
    override fun equals(other: Any?): Boolean = other is DeviceCredential && compared == other.compared

    override fun hashCode(): Int = compared.hashCode()

    /** Returns the credential without its secrets. */
    override fun toString(): String =
        "DeviceCredential(clientId=$clientId, instanceId=$instanceId, deviceAccessKeyId=$deviceAccessKeyId, " +
            "deviceAccessKeySecret=$HIDDEN, createTime=$createTime, updateTime=$updateTime, requestId=$requestId)"

    public companion object {
        /**
         * Creates a credential from what [reveal] returned, without a request: its [mqttLogin] works
         * offline. Other members are ignored.
         *
         * @throws IllegalArgumentException if a member is missing or has another type.
         * @throws DevcredException of kind [ErrorKind.InvalidParameter] if a value cannot be that of a credential, for
         * example if the credential was stored with its secret hidden.
         */
        @JvmStatic
        public fun fromRevealed(revealed: Map<String, *>): DeviceCredential = DeviceCredential(
            restore(
                revealed.text("clientId"),
                revealed.text("instanceId"),
                revealed.text("deviceAccessKeyId"),
                revealed.text("deviceAccessKeySecret"),
                revealed.milliseconds("createTimeMs"),
                revealed.milliseconds("updateTimeMs"),
                revealed.text("requestId"),
            ),
        )

        private fun Map<String, *>.text(name: String): String =
            requireNotNull(this[name] as? String) { "$name must be a String" }

        // A JSON library returns an Int, a Long or a Double.
        private fun Map<String, *>.milliseconds(name: String): Long =
            requireNotNull(this[name] as? Number) { "$name must be a number" }.toLong()
    }
}

/**
 * The three fields of CONNECT that authenticate a device.
 *
 * `toString` hides the password, and serialisers that use getters or fields skip it: use [reveal].
 */
public class MqttLogin(
    /** CONNECT's client identifier. */
    public val clientId: String,
    /** CONNECT's user name. */
    public val username: String,
    /** CONNECT's password. */
    @field:Transient
    @get:JvmName("password")
    public val password: String,
) {
    /**
     * Returns `clientId`, `username` and `password`, with the readable password: send it to the
     * device and nowhere else.
     */
    public fun reveal(): Map<String, String> =
        mapOf("clientId" to clientId, "username" to username, "password" to password)

    /** Returns the login without its password. */
    override fun toString(): String = "MqttLogin(clientId=$clientId, username=$username, password=$HIDDEN)"
}

private const val HIDDEN = "<hidden: use reveal()>"
