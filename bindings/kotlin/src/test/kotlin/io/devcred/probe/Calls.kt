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

/** The actions while the calls of the first round run. */
class FirstRound(private val call: Line) {
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
        } catch (error: DevcredException) {
            keyRefused = error.kind
        }
    }
}

suspend fun suspendingCalls(client: Client, call: Line, firstRound: FirstRound) = eachRound(call) { clientIds, isFirst ->
    supervisorScope {
        val timeout = call.long("call_timeout_ms")?.milliseconds
        val started = clientIds.map { clientId ->
            async(Dispatchers.Default) {
                if (call.isRegister) {
                    client.registerDeviceCredential(clientId, call["call_instance_id"], timeout)
                } else {
                    client.getDeviceCredential(clientId, call["call_instance_id"], timeout)
                }
            }
        }
        if (isFirst) firstRound.run(client) { started.forEach { it.cancel() } }
        started.zip(clientIds) { running, clientId -> outcome(clientId) { running.await() } }
    }
}

suspend fun blockingCalls(client: Client, call: Line, firstRound: FirstRound) = eachRound(call) { clientIds, isFirst ->
    val timeout = call.long("call_timeout_ms")?.let(Duration::ofMillis)
    val blocking = client.blocking()
    val outcomes = clientIds.map { CompletableFuture<Outcome>() }
    val threads = clientIds.zip(outcomes) { clientId, outcome ->
        val body = Runnable {
            outcome.complete(
                outcome(clientId) {
                    if (call.isRegister) {
                        blocking.registerDeviceCredential(clientId, call["call_instance_id"], timeout)
                    } else {
                        blocking.getDeviceCredential(clientId, call["call_instance_id"], timeout)
                    }
                },
            )
        }
        Thread(null, body, clientId, STACK).also { it.start() }
    }
    if (isFirst) firstRound.run(client) { threads.forEach { it.interrupt() } }
    threads.forEach { it.join() }
    outcomes.map { it.get() }
}

private val Line.isRegister get() = this["operation"] == "RegisterDeviceCredential"

private const val STACK = 256L * 1024

private inline fun eachRound(call: Line, round: (clientIds: List<String>, isFirst: Boolean) -> List<Outcome>): List<Outcome> {
    val (clientId, calls) = call["client_id"]!! to (call.long("calls") ?: 1)
    val clientIds = if (calls == 1L) listOf(clientId) else List(calls.toInt()) { "$clientId-$it" }
    return List((call.long("repeat") ?: 1).toInt()) { round(clientIds, it == 0) }.flatten()
}

private inline fun outcome(clientId: String, call: () -> DeviceCredential): Outcome = try {
    val credential = call()
    check(credential.clientId == clientId) { "a credential of another call" }
    Outcome.Ok(credential)
} catch (error: DevcredException) {
    Outcome.Failed(error)
} catch (_: CancellationException) {
    Outcome.Cancelled
} catch (_: InterruptedException) {
    Outcome.Cancelled
}
