package io.devcred

import io.devcred.internal.NativeCredential
import java.time.Instant

/**
 * The credential of one device. It does not expire, and changes only where the device is registered again or refreshed.
 *
 * Its secrets stand in no `toString`, and serialisers that go by getters or fields pass them over.
 */
public class DeviceCredential internal constructor(native: NativeCredential) {
    /** The device's client id, `GROUP@@@DEVICE`. */
    public val clientId: String = native.clientId

    /** The instance that the device connects to. */
    public val instanceId: String = native.instanceId

    /** The id of the device's own AccessKey. */
    public val deviceAccessKeyId: String = native.deviceAccessKeyId

    /** The secret of the device's own AccessKey. */
    @Transient
    @get:JvmName("deviceAccessKeySecret")
    public val deviceAccessKeySecret: String = native.deviceAccessKeySecret

    /** When the credential was applied for. */
    public val createTime: Instant = Instant.ofEpochMilli(native.createTimeMs)

    /** When it was last changed. */
    public val updateTime: Instant = Instant.ofEpochMilli(native.updateTimeMs)

    /** The service's id of the request that fetched it; empty where the service gave none. */
    public val requestId: String = native.requestId

    @Transient
    private val login = MqttLogin(native)

    @Transient
    private val text = native.text

    /**
     * What the device sends in CONNECT. It holds as long as the credential does: hand it, and not the secret, to a device or an
     * app that need not compute it.
     */
    public fun mqttLogin(): MqttLogin = login

    /** The credential without its secrets. */
    override fun toString(): String = text
}

/**
 * The three fields of CONNECT that authenticate a device.
 *
 * Its password stands in no `toString`, and serialisers that go by getters or fields pass it over: [reveal] is for them.
 */
public class MqttLogin internal constructor(native: NativeCredential) {
    /** CONNECT's client identifier. */
    public val clientId: String = native.clientId

    /** CONNECT's user name. */
    public val username: String = native.mqttUsername

    /** CONNECT's password. */
    @Transient
    @get:JvmName("password")
    public val password: String = native.mqttPassword

    @Transient
    private val text = native.mqttText

    /**
     * The login with its password in plain text, as `clientId`, `username` and `password`: to be sent to the device and nowhere
     * else.
     */
    public fun reveal(): Map<String, String> =
        mapOf("clientId" to clientId, "username" to username, "password" to password)

    /** The login without its password. */
    override fun toString(): String = text
}
