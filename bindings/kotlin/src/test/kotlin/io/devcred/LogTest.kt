package io.devcred

import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentLinkedQueue
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogTest {
    private val emulator = Emulator()

    @AfterAll
    fun stop() = emulator.close()

    /** Makes a call whose first attempt fails, because the emulator closes the connection. */
    private fun call(configure: ClientOptions.() -> Unit) =
        emulator.client(configure).use { it.blocking().getDeviceCredential("GID_test@@@fault-close-1") }

    @Test
    fun `a listener receives the events of its level and of more severe ones`() {
        for ((level, expected) in listOf(LogLevel.Debug to setOf(LogLevel.Debug, LogLevel.Warn), LogLevel.Warn to setOf(LogLevel.Warn))) {
            val events = ConcurrentLinkedQueue<Pair<LogLevel, String>>()
            call { log(level) { at, message -> events += at to message } }
            assertEquals(expected, events.map { it.first }.toSet())
            assertTrue(events.any { "operation=GetDeviceCredential" in it.second }, "$events")
        }
    }

    @Test
    fun `an exception of a listener goes to the uncaught exception handler, and the call continues`() {
        val previous = Thread.getDefaultUncaughtExceptionHandler()
        val caught = CompletableFuture<Throwable>()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> caught.complete(thrown) }
        try {
            call { log(LogLevel.Debug) { _, _ -> error("thrown by a listener") } }
            assertEquals("thrown by a listener", caught.awaitResult().message)
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(previous)
        }
    }

    @Test
    fun `a listener runs on the thread of a blocking call`() {
        val threads = ConcurrentLinkedQueue<Thread>()
        call { log(LogLevel.Debug) { _, _ -> threads += Thread.currentThread() } }
        assertEquals(setOf(Thread.currentThread()), threads.toSet())
    }

    @Test
    fun `a blocking call in a listener is refused`() {
        val failure = CompletableFuture<DevcredException>()
        emulator.client().use { other ->
            call {
                log(LogLevel.Debug) { _, _ ->
                    try {
                        other.blocking().getDeviceCredential(CLIENT_ID)
                    } catch (error: DevcredException) {
                        failure.complete(error)
                    }
                }
            }
            assertEquals(ErrorKind.InvalidParameter, failure.awaitResult().kind)
        }
    }
}
