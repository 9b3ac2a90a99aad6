package io.devcred

import io.devcred.internal.NativeClient
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * Fetches the credentials of IoT devices on Alibaba Cloud ApsaraMQ for MQTT.
 *
 * Any number of coroutines and threads may use a client at once. Create one and keep it: it has the
 * connections and the rate limiter. Close it when it is no longer needed.
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
     * Creates a client with these options, which may be changed and reused afterwards. Nothing is
     * sent, and no thread is started.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] if an option is missing or invalid; the message names it.
     */
    public constructor(options: ClientOptions) : this(options.open(fromEnv = false))

    /**
     * Fetches the credential of the device [clientId], which has the form `GROUP@@@DEVICE`. Each
     * success is billed as one messaging TPS, so store it.
     *
     * Cancelling the coroutine, also by `withTimeout`, cancels the call and closes its connection;
     * a request that was already sent may have been billed.
     *
     * The coroutine continues on its dispatcher. Without one, as in `suspend fun main`, and with
     * [Dispatchers.Unconfined][kotlinx.coroutines.Dispatchers.Unconfined] it continues on
     * [Dispatchers.Default][kotlinx.coroutines.Dispatchers.Default].
     *
     * @param instanceId the device's instance; by default the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default the client's.
     * @throws DevcredException if the call fails.
     */
    public suspend fun getDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential = call(request("GetDeviceCredential", clientId, instanceId, timeout))

    /**
     * Creates the credential of the device [clientId]. Each success is billed as one messaging TPS.
     *
     * It throws an error of kind [ErrorKind.AlreadyExists] if the device has a credential; the
     * service may instead replace it, and its old secret then no longer works. Therefore call
     * [getDeviceCredential] first. The call is not retried if the request may have arrived: call
     * [getDeviceCredential] to find out whether the device was registered.
     *
     * Parameters, cancellation and dispatcher are those of [getDeviceCredential].
     *
     * @param instanceId the device's instance; by default the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default the client's.
     * @throws DevcredException if the call fails.
     */
    public suspend fun registerDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential = call(request("RegisterDeviceCredential", clientId, instanceId, timeout))

    /**
     * Fetches a credential as [getDeviceCredential] does, for Java.
     *
     * Cancelling the future, or completing it in another way such as `orTimeout`, cancels the call
     * and closes its connection; cancelling a future that was derived from it, as by `thenApply`,
     * does not. The future completes on the executor of `CompletableFuture.supplyAsync`, usually the
     * common pool, and never on the thread of the library.
     *
     * @param instanceId the device's instance; by default, and if it is null, the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default, and if it is null, the client's.
     * @return a future that completes with the credential, or exceptionally with a [DevcredException].
     */
    @JvmOverloads
    public fun getDeviceCredentialAsync(
        clientId: String,
        instanceId: String? = null,
        timeout: java.time.Duration? = null,
    ): CompletableFuture<DeviceCredential> =
        startFuture(native) { request("GetDeviceCredential", clientId, instanceId, timeout?.toKotlinDuration()) }

    /**
     * Creates a credential as [registerDeviceCredential] does, for Java. Parameters, cancellation
     * and executor are those of [getDeviceCredentialAsync].
     *
     * @param instanceId the device's instance; by default, and if it is null, the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default, and if it is null, the client's.
     * @return a future that completes with the credential, or exceptionally with a [DevcredException].
     */
    @JvmOverloads
    public fun registerDeviceCredentialAsync(
        clientId: String,
        instanceId: String? = null,
        timeout: java.time.Duration? = null,
    ): CompletableFuture<DeviceCredential> =
        startFuture(native) { request("RegisterDeviceCredential", clientId, instanceId, timeout?.toKotlinDuration()) }

    private suspend fun call(request: Array<Any?>): DeviceCredential {
        // Otherwise a cancelled coroutine could still send it.
        currentCoroutineContext().ensureActive()
        val outcome = suspendCancellableCoroutine<Outcome> { continuation ->
            val call = native.start(request, Listener { continuation.resumeElsewhere(it) })
            continuation.invokeOnCancellation { native.cancel(call) }
        }
        // Thrown here rather than where the outcome arrives, so that its stack trace names the
        // caller.
        return outcome.credential()
    }

    /** Returns the same client with blocking calls, for Java and for Kotlin without coroutines. */
    public fun blocking(): BlockingClient = BlockingClient(native)

    /**
     * Replaces the AccessKey: id, secret and security token together. Attempts that begin
     * afterwards use the new key. If an attempt was refused for its token meanwhile, it is made
     * once more.
     *
     * @throws DevcredException of kind [ErrorKind.InvalidParameter] if the key is invalid or the client is
     * closed; the client keeps the old key.
     */
    @JvmOverloads
    public fun setAccessKey(accessKeyId: String, accessKeySecret: String, securityToken: String? = null) {
        val error = native.setAccessKey(
            utf8("accessKeyId", accessKeyId),
            utf8("accessKeySecret", accessKeySecret),
            optionalUtf8("securityToken", securityToken),
        )
        if (error != null) throw error.toException()
    }

    /**
     * Closes the client. Running calls end soon and later calls immediately, both with a
     * [DevcredException] of kind [ErrorKind.InvalidParameter]. Closing a closed client does
     * nothing.
     */
    // The native client itself is freed with this object: a call on another thread may be using it.
    override fun close(): Unit = native.close()

    /** Creates clients with options in a block, and from the environment. */
    public companion object {
        /**
         * Creates a client with the options that [configure] sets: `Client { region = "cn-hangzhou" }`.
         *
         * @throws DevcredException of kind [ErrorKind.InvalidParameter] if an option is missing or invalid; the message names it.
         */
        // Not a constructor, which Java would see too: it could not pass a lambda without a result, and `null` would be
        // ambiguous.
        @JvmSynthetic
        public operator fun invoke(configure: ClientOptions.() -> Unit): Client = Client(ClientOptions().apply(configure))

        /**
         * Creates a client from the environment. Explicit [options] take precedence.
         *
         * @throws DevcredException of kind [ErrorKind.InvalidParameter] if an option or variable is missing or invalid.
         */
        @JvmStatic
        @JvmOverloads
        public fun fromEnv(options: ClientOptions = ClientOptions()): Client = Client(options.open(fromEnv = true))

        /** The same with the options that [configure] sets: `Client.fromEnv { timeout = 5.seconds }`. */
        @JvmSynthetic
        public fun fromEnv(configure: ClientOptions.() -> Unit): Client = fromEnv(ClientOptions().apply(configure))
    }
}
