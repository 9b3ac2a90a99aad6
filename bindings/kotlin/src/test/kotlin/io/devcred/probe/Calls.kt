package io.devcred.probe

import io.devcred.Client
import io.devcred.DevcredException
import io.devcred.DeviceCredential
import io.devcred.ErrorKind
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope

/** What happens while the calls of the first round run. */
class Meanwhile(private val call: Line) {
    var keyRefused: ErrorKind? = null
        private set

    suspend fun run(client: Client, cancel: () -> Unit) = coroutineScope {
        call.long("cancel_after_ms")?.let { launch { delay(it); cancel() } }
        call.long("replace_key_after_ms")?.let { launch { delay(it); replaceKey(client) } }
    }

    private fun replaceKey(client: Client) {
        try {
            client.setAccessKey(
                call["new_access_key_id"]!!,
                call["new_access_key_secret"]!!,
                call["new_security_token"],
            )
        } catch (refused: DevcredException) {
            keyRefused = refused.kind
        }
    }
}

suspend fun suspendingCalls(client: Client, call: Line, meanwhile: Meanwhile) = eachRound(call) { clientIds, isFirst ->
    supervisorScope {
        val timeout = call.long("call_timeout_ms")?.milliseconds
        val begun = clientIds.map { clientId ->
            async(Dispatchers.Default) { client.getDeviceCredential(clientId, call["call_instance_id"], timeout) }
        }
        if (isFirst) meanwhile.run(client) { begun.forEach { it.cancel() } }
        begun.zip(clientIds) { running, clientId -> ended(clientId) { running.await() } }
    }
}

suspend fun blockingCalls(client: Client, call: Line, meanwhile: Meanwhile) = eachRound(call) { clientIds, isFirst ->
    val timeout = call.long("call_timeout_ms")?.let(Duration::ofMillis)
    val blocking = client.blocking()
    val ended = clientIds.map { CompletableFuture<Ended>() }
    val threads = clientIds.zip(ended) { clientId, end ->
        val body = Runnable {
            end.complete(ended(clientId) { blocking.getDeviceCredential(clientId, call["call_instance_id"], timeout) })
        }
        Thread(null, body, clientId, STACK).also { it.start() }
    }
    if (isFirst) meanwhile.run(client) { threads.forEach { it.interrupt() } }
    threads.forEach { it.join() }
    ended.map { it.get() }
}

private const val STACK = 256L * 1024

private inline fun eachRound(call: Line, round: (clientIds: List<String>, isFirst: Boolean) -> List<Ended>): List<Ended> {
    val (clientId, calls) = call["client_id"]!! to (call.long("calls") ?: 1)
    val clientIds = if (calls == 1L) listOf(clientId) else List(calls.toInt()) { "$clientId-$it" }
    return List((call.long("repeat") ?: 1).toInt()) { round(clientIds, it == 0) }.flatten()
}

private inline fun ended(clientId: String, call: () -> DeviceCredential): Ended = try {
    val credential = call()
    check(credential.clientId == clientId) { "a credential of another call" }
    Ended.Ok(credential)
} catch (error: DevcredException) {
    Ended.Failed(error)
} catch (_: CancellationException) {
    Ended.Cancelled
} catch (_: InterruptedException) {
    Ended.Cancelled
}
