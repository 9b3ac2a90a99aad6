package io.devcred

import java.io.File
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.assertThrows

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientTest {
    private val emulator = Emulator()

    @AfterAll
    fun stop() = emulator.close()

    @Test
    fun `five hundred calls at once each get their own credential`() = runBlocking<Unit> {
        emulator.client { maxRequestsPerSecond = 1_000_000 }.use { client ->
            val clientIds = List(500) { "GID_test@@@$it" }
            val credentials = clientIds.map { async(Dispatchers.Default) { client.getDeviceCredential(it) } }.awaitAll()
            assertEquals(clientIds, credentials.map { it.clientId })
            assertEquals(clientIds, credentials.map { it.mqttLogin().clientId })
            assertEquals(500, credentials.map { it.requestId }.distinct().size)
        }
    }

    @Test
    fun `calls on a closed client fail with a typed error`() = runBlocking<Unit> {
        val client = emulator.client()
        client.getDeviceCredential(CLIENT_ID)
        client.close()
        client.close()
        for (
            refused in listOf(
                assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID) },
                assertThrows<DevcredException> { client.blocking().getDeviceCredential(CLIENT_ID) },
                assertThrows<DevcredException> { client.setAccessKey("id", "secret") },
            )
        ) {
            assertEquals(ErrorKind.InvalidParameter to "the client is closed", refused.kind to refused.message)
        }
    }

    @Test
    fun `closing a client ends a call that runs`() = runBlocking<Unit> {
        SilentServer().use { server ->
            val client = server.client()
            val thrown = CompletableFuture<DevcredException>()
            launch(Dispatchers.Default) {
                thrown.complete(assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID) })
            }
            server.asked.within()
            client.close()
            assertEquals(ErrorKind.InvalidParameter, thrown.within().kind)
            server.closed.within()
        }
    }

    @Test
    fun `clients that come and go leave no thread but the library's own`() = runBlocking<Unit> {
        suspend fun comeAndGo(clients: Int) =
            repeat(clients) { emulator.client().use { it.getDeviceCredential(CLIENT_ID) } }
        fun threads() = File("/proc/self/task").listFiles()!!.map { runCatching { File(it, "comm").readText().trim() }.getOrNull() }
        // The library's own, and what the JVM starts for such work.
        comeAndGo(5)
        val before = threads().size
        comeAndGo(100)
        val after = threads()
        val own = after.count { it == "devcred" }
        assertTrue(own in 1..6, "$own threads")
        // Whatever its name, a thread left by each client would be seen; the JVM may have started one or another.
        assertTrue(after.size - before < 50, "$before threads before, ${after.size} afterwards")
    }

    /** One that stayed would make a JVM wait at its end, and one that is no daemon would keep it from its end. */
    @Test
    fun `a thread of the library is one of the JVM's only while calls run, and then a daemon`() = runBlocking<Unit> {
        val daemon = CompletableFuture<Boolean>()
        val client = emulator.client {
            maxRequestsPerSecond = 1_000_000
            log(LogLevel.Debug) { _, _ -> daemon.complete(Thread.currentThread().isDaemon) }
        }
        client.use {
            client.getDeviceCredential(CLIENT_ID)
            assertTrue(daemon.within())
            // One that an earlier test's calls left there leaves with the next outcome that it tells.
            withTimeout(LIMIT_S.seconds) {
                while (Thread.getAllStackTraces().keys.any { it.name == "devcred" }) client.getDeviceCredential(CLIENT_ID)
            }
        }
    }

    @Test
    fun `half of a surrogate pair and a NUL are refused, not replaced and not cut`() = runBlocking<Unit> {
        val whole = "GID_test@@@\uD83D\uDE00"
        val (half, nul) = whole.dropLast(1) to "GID_test@@@a\u0000b"
        emulator.client().use { client ->
            assertEquals(whole, client.getDeviceCredential(whole).clientId)
            for (text in listOf(half, nul)) {
                assertRefused("clientId", text) { client.getDeviceCredential(text) }
                assertRefused("instanceId", text) { client.getDeviceCredential(CLIENT_ID, instanceId = text) }
                assertRefused("clientId, blocking", text) { client.blocking().getDeviceCredential(text) }
                assertRefused("accessKeyId", text) { client.setAccessKey(text, "secret") }
                assertRefused("accessKeySecret", text) { client.setAccessKey("id", text) }
                assertRefused("securityToken", text) { client.setAccessKey("id", "secret", text) }
                for ((option, set) in TEXT_OPTIONS) assertRefused(option, text) { emulator.client { set(text) } }
            }
        }
        assertFalse("test@@@a" in emulator.journal())
    }

    @Test
    fun `a duration that no option can be is refused`() = runBlocking<Unit> {
        emulator.client().use { client ->
            for (timeout in listOf(Duration.ZERO, (-5).milliseconds, 1.nanoseconds, 2.days, Duration.INFINITE)) {
                val refused = assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID, timeout = timeout) }
                assertEquals(ErrorKind.InvalidParameter, refused.kind, "$timeout")
            }
        }
    }

    @Test
    fun `an error's stack trace leads to the caller, and not to a thread of the library`() = runBlocking<Unit> {
        emulator.client().use { client ->
            for (
                error in listOf(
                    assertThrows<DevcredException> { client.getDeviceCredential("") },
                    assertThrows<DevcredException> { client.blocking().getDeviceCredential("") },
                )
            ) {
                val classes = error.stackTrace.map { it.className }
                assertTrue(ClientTest::class.java.name in classes, "$classes")
                // Its callbacks come through JNA.
                assertFalse(classes.any { it.startsWith("com.sun.jna.") }, "$classes")
            }
        }
    }

    private suspend fun assertRefused(what: String, text: String, call: suspend () -> Any) {
        val refused = assertThrows<DevcredException>(what) { call() }
        assertEquals(ErrorKind.InvalidParameter to 0, refused.kind to refused.attempts, what)
        assertFalse(text in refused.toString(), what)
    }

    private companion object {
        val TEXT_OPTIONS: Map<String, ClientOptions.(String) -> Unit> = mapOf(
            "option accessKeyId" to { accessKeyId = it },
            "option accessKeySecret" to { accessKeySecret = it },
            "option securityToken" to { securityToken = it },
            "option region" to { endpoint = null; region = it },
            "option endpoint" to { endpoint = it },
            "option instanceId" to { instanceId = it },
            "option proxy" to { proxy = it },
            "option rootCertificatesPem" to { rootCertificatesPem = it },
        )
    }
}
