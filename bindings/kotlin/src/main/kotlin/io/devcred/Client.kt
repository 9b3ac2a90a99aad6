package io.devcred

import io.devcred.internal.NativeAccessKey
import io.devcred.internal.NativeCall
import io.devcred.internal.NativeClient
import io.devcred.internal.NativeOutcome
import kotlin.time.Duration
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * Fetches the credentials of IoT devices on Alibaba Cloud ApsaraMQ for MQTT.
 *
 * Any number of coroutines and threads may use a client at once. Make one and keep it, since it holds the connections and the
 * pace of its requests; close it when it is not needed any more.
 *
 * ```
 * Client.fromEnv().use { client ->
 *     val login = client.getDeviceCredential("GID_test@@@test").mqttLogin()
 *     println(login.username) // login.password goes into CONNECT
 * }
 * ```
 */
public class Client private constructor(private val native: NativeClient) : AutoCloseable {
    /**
     * Makes a client of these options, which may be changed and used again afterwards. Nothing is sent, and no thread is
     * started.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] where an option cannot be used: the message names it.
     */
    public constructor(options: ClientOptions) : this(options.open(fromEnv = false))

    /**
     * Makes a client of the options that [configure] sets: `Client { region = "cn-hangzhou" }`.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] where an option cannot be used: the message names it.
     */
    public constructor(configure: ClientOptions.() -> Unit) : this(ClientOptions().apply(configure))

    /**
     * Fetches the credential of the device [clientId], which reads `GROUP@@@DEVICE`. Each success is billed as one messaging
     * TPS, so store it.
     *
     * Cancelling the coroutine, as `withTimeout` does too, ends the call and closes its connection; a request that was under
     * way may have been billed.
     *
     * The coroutine continues on its dispatcher. Without one, as in `suspend fun main`, and with
     * [Dispatchers.Unconfined][kotlinx.coroutines.Dispatchers.Unconfined] it continues on
     * [Dispatchers.Default][kotlinx.coroutines.Dispatchers.Default].
     *
     * @param instanceId the device's instance; the client's own where it is left out.
     * @param timeout how long the call may take in all, from 1 millisecond to a day; as long as the client says where it is
     * left out.
     * @throws DevcredException where there is no credential.
     */
    public suspend fun getDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential {
        val request = request(clientId, instanceId, timeout)
        // Otherwise a cancelled coroutine could still send it.
        currentCoroutineContext().ensureActive()
        var call: NativeCall? = null
        try {
            val outcome = suspendCancellableCoroutine<NativeOutcome> { continuation ->
                val begun = native.start(request, Listener { continuation.resumeElsewhere(it) })
                call = begun
                continuation.invokeOnCancellation { begun.cancel() }
            }
            // Thrown here rather than where the outcome arrives, so that its stack trace names the caller.
            return outcome.credential()
        } finally {
            call?.close()
        }
    }

    /** The same client for callers that block their thread: programs in Java, and Kotlin without coroutines. */
    public fun blocking(): BlockingClient = BlockingClient(native)

    /**
     * Replaces the AccessKey: id, secret and security token together. Attempts that begin afterwards are signed with it; a call
     * that was refused for its token meanwhile is made again once.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] where the key cannot be used, and on a closed client; the
     * old one stays in use.
     */
    @JvmOverloads
    public fun setAccessKey(accessKeyId: String, accessKeySecret: String, securityToken: String? = null) {
        val key = NativeAccessKey(
            wellFormed("accessKeyId", accessKeyId),
            wellFormed("accessKeySecret", accessKeySecret),
            wellFormed("securityToken", securityToken),
        )
        native.setAccessKey(key)?.let { throw DevcredException(it) }
    }

    /**
     * Closes the client: calls that run end soon, calls made afterwards at once, both with a [DevcredException] of kind
     * [ErrorKind.InvalidParameter]. Closing it again does nothing.
     */
    // The native client itself is freed with this object: a call on another thread may be using it.
    override fun close(): Unit = native.shut()

    /** Makes clients of what the environment holds. */
    public companion object {
        /**
         * Makes a client whose AccessKey, region and instance come from the environment. What [options] hold stands in its
         * place.
         *
         * @throws DevcredException of kind [ErrorKind.InvalidParameter] where an option or a variable cannot be used.
         */
        @JvmStatic
        @JvmOverloads
        public fun fromEnv(options: ClientOptions = ClientOptions()): Client = Client(options.open(fromEnv = true))

        /** The same with the options that [configure] sets: `Client.fromEnv { timeout = 5.seconds }`. */
        public fun fromEnv(configure: ClientOptions.() -> Unit): Client = fromEnv(ClientOptions().apply(configure))
    }
}
