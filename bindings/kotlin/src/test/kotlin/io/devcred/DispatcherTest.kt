package io.devcred

import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executors
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** The threads on which coroutines continue: never the library's, which a blocked one would take from every other call. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DispatcherTest {
    private val emulator = Emulator()

    @AfterAll
    fun stop() = emulator.close()

    @Test
    fun `a coroutine whose context moves it to no thread continues on the default dispatcher`() {
        for ((name, context) in CONTEXTS) {
            emulator.client().use { client ->
                val after = inCoroutine(context) {
                    client.getDeviceCredential(SLOW)
                    Thread.currentThread().name
                }
                assertTrue(after.startsWith("DefaultDispatcher-worker-"), "$name: $after")
            }
        }
    }

    @Test
    fun `a call that fails continues there too`() {
        for ((name, context) in CONTEXTS) {
            emulator.client().use { client ->
                val after = inCoroutine(context) {
                    try {
                        client.getDeviceCredential(SLOW, timeout = 50.milliseconds).toString()
                    } catch (_: DevcredException) {
                        Thread.currentThread().name
                    }
                }
                assertTrue(after.startsWith("DefaultDispatcher-worker-"), "$name: $after")
            }
        }
    }

    /** As many as the library has threads, and more: each blocks its thread until its second call has ended. */
    @Test
    fun `a coroutine may block after a call, in another call`() {
        for ((name, context) in CONTEXTS) {
            emulator.client().use { client ->
                val ended = List(8) { number ->
                    begin(context) {
                        client.getDeviceCredential(CLIENT_ID)
                        runBlocking { client.getDeviceCredential("GID_test@@@second-$number") }.clientId
                    }
                }
                assertEquals(List(8) { "GID_test@@@second-$it" }, ended.map { it.within() }, name)
            }
        }
    }

    @Test
    fun `a blocking call may follow, too`() {
        emulator.client().use { client ->
            val clientId = inCoroutine(EmptyCoroutineContext) {
                client.getDeviceCredential(CLIENT_ID)
                client.blocking().getDeviceCredential(CLIENT_ID).clientId
            }
            assertEquals(CLIENT_ID, clientId)
        }
    }

    @Test
    fun `a coroutine with a dispatcher continues where it says`() {
        Executors.newSingleThreadExecutor { Thread(it, "the caller's own") }.asCoroutineDispatcher().use { dispatcher ->
            emulator.client().use { client ->
                val after = inCoroutine(dispatcher) {
                    client.getDeviceCredential(CLIENT_ID)
                    Thread.currentThread().name
                }
                // The coroutines' debug mode adds the coroutine's name.
                assertEquals("the caller's own", after.substringBefore(" @"))
            }
        }
    }

    private fun <T> inCoroutine(context: CoroutineContext, body: suspend () -> T): T = begin(context, body).within()

    /** Begins a coroutine as the compiler does for `suspend fun main`: with this context and nothing else. */
    private fun <T> begin(context: CoroutineContext, body: suspend () -> T): CompletableFuture<T> {
        val ended = CompletableFuture<T>()
        body.startCoroutine(
            object : Continuation<T> {
                override val context = context

                override fun resumeWith(result: Result<T>) {
                    result.fold(ended::complete, ended::completeExceptionally)
                }
            },
        )
        return ended
    }

    private companion object {
        /** Its outcome comes after the coroutine was suspended; one that comes earlier leaves the coroutine on its thread. */
        const val SLOW = "GID_test@@@fault-slow-200"

        val CONTEXTS = mapOf(
            "no dispatcher" to EmptyCoroutineContext,
            "Dispatchers.Unconfined" to Dispatchers.Unconfined,
            "an interceptor that is no dispatcher" to Passing,
        )
    }

    /** Leaves every coroutine on the thread that it is on. */
    private object Passing : ContinuationInterceptor {
        override val key get() = ContinuationInterceptor

        override fun <T> interceptContinuation(continuation: Continuation<T>) = continuation
    }
}
