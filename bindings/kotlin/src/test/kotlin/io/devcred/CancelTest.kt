package io.devcred

import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class CancelTest {
    /**
     * The promise is one second; the test allows for a busy machine. Uninterrupted, the call would
     * take an hour.
     */
    @Test
    fun `withTimeout over a silent server ends the call and closes its connection`() = runBlocking<Unit> {
        SilentServer().use { server ->
            server.client().use { client ->
                assertThrows<TimeoutCancellationException> { withTimeout(100) { client.getDeviceCredential(CLIENT_ID) } }
                server.closed.awaitResult()
            }
        }
    }

    @Test
    fun `cancelling the scope of a call ends it`() = runBlocking<Unit> {
        SilentServer().use { server ->
            server.client().use { client ->
                val scope = launch(Dispatchers.Default) { launch { client.getDeviceCredential(CLIENT_ID) } }
                server.requested.awaitResult()
                scope.cancel()
                server.closed.awaitResult()
                scope.join()
            }
        }
    }

    @Test
    fun `a call that fails cancels its siblings`() = runBlocking<Unit> {
        SilentServer().use { server ->
            server.client().use { client ->
                assertThrows<DevcredException> {
                    withContext(Dispatchers.Default) {
                        launch { client.getDeviceCredential(CLIENT_ID) }
                        server.requested.awaitResult()
                        launch { client.getDeviceCredential("") }
                    }
                }
                server.closed.awaitResult()
            }
        }
    }

    @Test
    fun `a call in a cancelled coroutine sends nothing`() = runBlocking<Unit> {
        Emulator().use { emulator ->
            emulator.client { maxRequestsPerSecond = 1_000_000 }.use { client ->
                // Many times: a cancel right after the start could also prevent the request.
                repeat(REPETITIONS) {
                    val thrown = CompletableFuture<Throwable>()
                    launch(Dispatchers.Default) {
                        cancel()
                        thrown.complete(assertThrows<Throwable> { client.getDeviceCredential(CLIENT_ID) })
                    }
                    assertTrue(thrown.awaitResult() is CancellationException)
                }
            }
            assertFalse(emulator.journal().contains("GetDeviceCredential"))
        }
    }

    @Test
    fun `interrupting a blocked thread ends the call and closes its connection`() {
        assertInterruptEnds { client -> client.blocking().getDeviceCredential(CLIENT_ID) }
    }

    /** Virtual threads make such calls. */
    @Test
    fun `interrupting a thread that waits for the library's thread ends the call and closes its connection`() {
        assertInterruptEnds { client -> client.blocking().start(request("GetDeviceCredential", CLIENT_ID, null, null)) }
    }

    /** Asserts that interrupting the thread of a blocked call ends it and closes its connection. */
    private fun assertInterruptEnds(call: (Client) -> Unit) {
        SilentServer().use { server ->
            server.client().use { client ->
                val thrown = CompletableFuture<Throwable>()
                val thread = kotlin.concurrent.thread {
                    thrown.complete(assertThrows<Throwable> { call(client) })
                }
                server.requested.awaitResult()
                thread.interrupt()
                assertTrue(thrown.awaitResult() is InterruptedException)
                server.closed.awaitResult()
            }
        }
    }

    @Test
    fun `interrupting a thread in a log listener ends its blocking call`() {
        Emulator().use { emulator ->
            val listening = CompletableFuture<Unit>()
            val client = emulator.client {
                log(LogLevel.Warn) { _, _ ->
                    listening.complete(Unit)
                    Thread.sleep(LIMIT_S * 1000)
                }
            }
            client.use {
                val thrown = CompletableFuture<Throwable>()
                val thread = kotlin.concurrent.thread {
                    thrown.complete(assertThrows<Throwable> { client.blocking().getDeviceCredential("GID_test@@@fault-InternalError") })
                }
                listening.awaitResult()
                thread.interrupt()
                assertTrue(thrown.awaitResult() is InterruptedException)
                assertFalse(thread.isInterrupted)
            }
        }
    }

    @Test
    fun `a call in an interrupted thread sends nothing`() {
        Emulator().use { emulator ->
            emulator.client { maxRequestsPerSecond = 1_000_000 }.use { client ->
                repeat(REPETITIONS) {
                    Thread.currentThread().interrupt()
                    assertThrows<InterruptedException> { client.blocking().getDeviceCredential(CLIENT_ID) }
                }
            }
            assertFalse(Thread.interrupted())
            assertFalse(emulator.journal().contains("GetDeviceCredential"))
        }
    }

    private companion object {
        const val REPETITIONS = 500
    }
}
