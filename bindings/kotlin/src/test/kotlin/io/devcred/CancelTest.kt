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
    /** The promise is a second; the test allows for a busy machine. The call itself would wait for an hour. */
    @Test
    fun `withTimeout over a silent server ends the call and closes its connection`() = runBlocking<Unit> {
        SilentServer().use { server ->
            server.client().use { client ->
                assertThrows<TimeoutCancellationException> { withTimeout(100) { client.getDeviceCredential(CLIENT_ID) } }
                server.closed.within()
            }
        }
    }

    @Test
    fun `cancelling the scope that began a call ends it`() = runBlocking<Unit> {
        SilentServer().use { server ->
            server.client().use { client ->
                val scope = launch(Dispatchers.Default) { launch { client.getDeviceCredential(CLIENT_ID) } }
                server.asked.within()
                scope.cancel()
                server.closed.within()
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
                        server.asked.within()
                        launch { client.getDeviceCredential("") }
                    }
                }
                server.closed.within()
            }
        }
    }

    @Test
    fun `a coroutine that is cancelled already sends nothing`() = runBlocking<Unit> {
        Emulator().use { emulator ->
            emulator.client { maxRequestsPerSecond = 1_000_000 }.use { client ->
                // Many, since a cancel that comes right after the start may still come in time.
                repeat(MANY) {
                    val thrown = CompletableFuture<Throwable>()
                    launch(Dispatchers.Default) {
                        cancel()
                        thrown.complete(assertThrows<Throwable> { client.getDeviceCredential(CLIENT_ID) })
                    }
                    assertTrue(thrown.within() is CancellationException)
                }
            }
            assertFalse(emulator.journal().contains("GetDeviceCredential"))
        }
    }

    @Test
    fun `interrupting a blocked thread ends the call and closes its connection`() {
        SilentServer().use { server ->
            server.client().use { client ->
                val thrown = CompletableFuture<Throwable>()
                val thread = kotlin.concurrent.thread {
                    thrown.complete(assertThrows<Throwable> { client.blocking().getDeviceCredential(CLIENT_ID) })
                }
                server.asked.within()
                thread.interrupt()
                assertTrue(thrown.within() is InterruptedException)
                server.closed.within()
            }
        }
    }

    @Test
    fun `a thread that is interrupted already sends nothing`() {
        Emulator().use { emulator ->
            emulator.client { maxRequestsPerSecond = 1_000_000 }.use { client ->
                repeat(MANY) {
                    Thread.currentThread().interrupt()
                    assertThrows<InterruptedException> { client.blocking().getDeviceCredential(CLIENT_ID) }
                }
            }
            assertFalse(Thread.interrupted())
            assertFalse(emulator.journal().contains("GetDeviceCredential"))
        }
    }

    private companion object {
        const val MANY = 500
    }
}
