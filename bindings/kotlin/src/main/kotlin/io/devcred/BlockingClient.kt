package io.devcred

import io.devcred.internal.NativeClient
import io.devcred.internal.NativeOutcome
import io.devcred.internal.refuseBlocking
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration

/**
 * A [Client] for callers that block their thread: [Client.blocking] gives it. Any number of threads may use it at once, and it
 * lives as long as the client.
 */
public class BlockingClient internal constructor(private val native: NativeClient) {
    /**
     * Fetches the credential of the device [clientId], which reads `GROUP@@@DEVICE`, and waits for it. Each success is billed
     * as one messaging TPS, so store it.
     *
     * Interrupting the thread ends the call and closes its connection; a request that was under way may have been billed. A
     * [LogListener] may not call this: it runs on a thread that the call could need.
     *
     * @param instanceId the device's instance; the client's own where it is left out or null.
     * @param timeout how long the call may take in all, from 1 millisecond to a day; as long as the client
     * says where it is left out or null.
     * @throws DevcredException where there is no credential.
     * @throws InterruptedException where the thread was interrupted.
     */
    @JvmOverloads
    @Throws(InterruptedException::class)
    public fun getDeviceCredential(
        clientId: String,
        instanceId: String? = null,
        timeout: Duration? = null,
    ): DeviceCredential {
        val request = request(clientId, instanceId, timeout?.toKotlinDuration())
        refuseBlocking()?.let { throw DevcredException(it) }
        // Otherwise an interrupted thread could still send it.
        if (Thread.interrupted()) throw InterruptedException()
        val outcome = CompletableFuture<NativeOutcome>()
        native.start(request, Listener(outcome::complete)).use { call ->
            try {
                return outcome.get().credential()
            } catch (interrupted: InterruptedException) {
                call.cancel()
                throw interrupted
            }
        }
    }
}
