package io.devcred

import io.devcred.internal.NativeCredential
import io.devcred.internal.NativeMqttLogin
import java.time.Instant

/**
 * The credential of one device. It does not expire, and changes only if the device is registered
 * again or refreshed.
 *
 * `toString` hides its secret, and serialisers that use getters or fields skip it.
 */
public class DeviceCredential internal constructor(native: NativeCredential) {
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
    private val login = MqttLogin(native.mqttLogin)

    /**
     * Returns what the device sends in CONNECT. It is valid as long as the credential. Give a
     * device or an app this instead of the secret, if it need not compute the password itself.
     */
    public fun mqttLogin(): MqttLogin = login

    /** Returns the credential without its secrets. */
    override fun toString(): String =
        "DeviceCredential(clientId=$clientId, instanceId=$instanceId, deviceAccessKeyId=$deviceAccessKeyId, " +
            "deviceAccessKeySecret=$HIDDEN, createTime=$createTime, updateTime=$updateTime, requestId=$requestId)"
}

/**
 * The three fields of CONNECT that authenticate a device.
 *
 * `toString` hides the password, and serialisers that use getters or fields skip it: use [reveal].
 */
public class MqttLogin internal constructor(native: NativeMqttLogin) {
    /** CONNECT's client identifier. */
    public val clientId: String = native.clientId

    /** CONNECT's user name. */
    public val username: String = native.username

    /** CONNECT's password. */
    @Transient
    @get:JvmName("password")
    public val password: String = native.password

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
