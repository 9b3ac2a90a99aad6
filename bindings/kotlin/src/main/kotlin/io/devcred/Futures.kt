package io.devcred

import io.devcred.internal.NativeClient
import java.util.concurrent.CompletableFuture

/** Starts the call of [request] and returns its future. However the future ends first, that cancels the call. */
internal fun startFuture(client: NativeClient, request: () -> Array<Any?>): CompletableFuture<DeviceCredential> {
    val future = CompletableFuture<DeviceCredential>()
    val call = try {
        // The thread of the library must not run what the program does next.
        client.start(request(), Listener { CompletableFuture.runAsync { future.completeWith(it) } })
    } catch (refused: Throwable) {
        return future.apply { completeExceptionally(refused) }
    }
    future.whenComplete { _, _ -> client.cancel(call) }
    return future
}

private fun CompletableFuture<DeviceCredential>.completeWith(outcome: Outcome) {
    try {
        complete(outcome.credential())
    } catch (failure: Throwable) {
        completeExceptionally(failure)
    }
}
