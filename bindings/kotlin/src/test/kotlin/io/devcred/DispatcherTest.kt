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

/**
 * Coroutines never resume on a thread of the library: a coroutine that blocks it would block every
 * other call.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DispatcherTest {
    private val emulator = Emulator()

    @AfterAll
    fun stop() = emulator.close()

    @Test
    fun `a coroutine without a dispatcher resumes on the default dispatcher`() {
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
    fun `a coroutine without a dispatcher resumes there after an error too`() {
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

    /**
     * More coroutines than the library has threads: each blocks its thread until its second call
     * has ended.
     */
    @Test
    fun `a coroutine can block in another call after a call`() {
        for ((name, context) in CONTEXTS) {
            emulator.client().use { client ->
                val results = List(8) { number ->
                    launchWith(context) {
                        client.getDeviceCredential(CLIENT_ID)
                        runBlocking { client.getDeviceCredential("GID_test@@@second-$number") }.clientId
                    }
                }
                assertEquals(List(8) { "GID_test@@@second-$it" }, results.map { it.awaitResult() }, name)
            }
        }
    }

    @Test
    fun `a coroutine can make a blocking call after a call`() {
        emulator.client().use { client ->
            val clientId = inCoroutine(EmptyCoroutineContext) {
                client.getDeviceCredential(CLIENT_ID)
                client.blocking().getDeviceCredential(CLIENT_ID).clientId
            }
            assertEquals(CLIENT_ID, clientId)
        }
    }

    @Test
    fun `a coroutine with a dispatcher resumes on it`() {
        Executors.newSingleThreadExecutor { Thread(it, "test-dispatcher") }.asCoroutineDispatcher().use { dispatcher ->
            emulator.client().use { client ->
                val after = inCoroutine(dispatcher) {
                    client.getDeviceCredential(CLIENT_ID)
                    Thread.currentThread().name
                }
                // The coroutines' debug mode adds the coroutine's name.
                assertEquals("test-dispatcher", after.substringBefore(" @"))
            }
        }
    }

    private fun <T> inCoroutine(context: CoroutineContext, body: suspend () -> T): T = launchWith(context, body).awaitResult()

    /** Starts a coroutine with only this context, as the compiler does for `suspend fun main`. */
    private fun <T> launchWith(context: CoroutineContext, body: suspend () -> T): CompletableFuture<T> {
        val completion = CompletableFuture<T>()
        body.startCoroutine(
            object : Continuation<T> {
                override val context = context

                override fun resumeWith(result: Result<T>) {
                    result.fold(completion::complete, completion::completeExceptionally)
                }
            },
        )
        return completion
    }

    private companion object {
        /**
         * Completes after the coroutine was suspended. An earlier completion would leave the
         * coroutine on its thread.
         */
        const val SLOW = "GID_test@@@fault-slow-200"

        val CONTEXTS = mapOf(
            "no dispatcher" to EmptyCoroutineContext,
            "Dispatchers.Unconfined" to Dispatchers.Unconfined,
            "an interceptor that is not a dispatcher" to PassThrough,
        )
    }

    /** Resumes every coroutine on the current thread. */
    private object PassThrough : ContinuationInterceptor {
        override val key get() = ContinuationInterceptor

        override fun <T> interceptContinuation(continuation: Continuation<T>) = continuation
    }
}
