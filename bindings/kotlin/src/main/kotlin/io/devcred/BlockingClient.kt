package io.devcred

import io.devcred.internal.Fields
import io.devcred.internal.NativeClient
import io.devcred.internal.NativeError
import io.devcred.internal.NativeLibrary
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration

/**
 * A [Client] whose calls block their thread. [Client.blocking] returns it. Any number of threads
 * may use it at once. Closing the client closes it.
 */
public class BlockingClient internal constructor(private val native: NativeClient) {
    /**
     * Fetches the credential of the device [clientId], which has the form `GROUP@@@DEVICE`, and
     * blocks until the call has ended. Each success is billed as one messaging TPS, so store it.
     *
     * The call runs on this thread. Interrupting the thread cancels the call within a tenth of a
     * second and closes its connection; a request that was already sent may have been billed. A
     * [LogListener] must not call this.
     *
     * @param instanceId the device's instance; by default, and if it is null, the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default, and if it is null, the client's.
     * @throws DevcredException if the call fails.
     * @throws InterruptedException if the thread was interrupted.
     */
    @JvmOverloads
    @Throws(InterruptedException::class)
    public fun getDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential =
        call(request("GetDeviceCredential", clientId, instanceId, timeout?.toKotlinDuration()))

    /**
     * Creates the credential of the device [clientId] and blocks until the call has ended. Each
     * success is billed as one messaging TPS. [Client.registerDeviceCredential] describes what
     * happens if the device has a credential, and what to do if the outcome is unknown.
     *
     * Parameters and interruption are those of [getDeviceCredential].
     *
     * @param instanceId the device's instance; by default, and if it is null, the client's.
     * @param timeout the timeout of the call, from 1 millisecond to a day; by default, and if it is null, the client's.
     * @throws DevcredException if the call fails.
     * @throws InterruptedException if the thread was interrupted.
     */
    @JvmOverloads
    @Throws(InterruptedException::class)
    public fun registerDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential =
        call(request("RegisterDeviceCredential", clientId, instanceId, timeout?.toKotlinDuration()))

    private fun call(request: Array<Any?>): DeviceCredential {
        // Otherwise an interrupted thread could still send it.
        if (Thread.interrupted()) throw InterruptedException()
        // In a native function, a virtual thread would block its carrier.
        if (Thread.currentThread().javaClass.name == "java.lang.VirtualThread") return start(request)
        val outcome = native.call(request)
        if (outcome == null) {
            Thread.interrupted()
            throw InterruptedException()
        }
        return Outcome(outcome).credential()
    }

    /** Makes a call on the thread of the library. */
    internal fun start(request: Array<Any?>): DeviceCredential {
        NativeLibrary.refuseBlocking()?.let { throw NativeError(Fields(it)).toException() }
        val outcome = CompletableFuture<Outcome>()
        val call = native.start(request, Listener(outcome::complete))
        try {
            return outcome.get().credential()
        } catch (interrupted: InterruptedException) {
            native.cancel(call)
            throw interrupted
        }
    }
}
