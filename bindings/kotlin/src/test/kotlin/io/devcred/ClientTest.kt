package io.devcred

import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.supervisorScope
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
    fun `five hundred concurrent calls return the credentials of their devices`() = runBlocking<Unit> {
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
            error in listOf(
                assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID) },
                assertThrows<DevcredException> { client.blocking().getDeviceCredential(CLIENT_ID) },
                assertThrows<DevcredException> { client.setAccessKey("id", "secret") },
            )
        ) {
            assertEquals(ErrorKind.InvalidParameter to "the client is closed", error.kind to error.errorMessage)
        }
    }

    @Test
    fun `closing a client ends a running call`() = runBlocking<Unit> {
        SilentServer().use { server ->
            val client = server.client()
            val thrown = CompletableFuture<DevcredException>()
            launch(Dispatchers.Default) {
                thrown.complete(assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID) })
            }
            server.requested.awaitResult()
            client.close()
            assertEquals(ErrorKind.InvalidParameter, thrown.awaitResult().kind)
            server.closed.awaitResult()
        }
    }

    @Test
    fun `closed clients leave no threads behind`() = runBlocking<Unit> {
        suspend fun openAndClose(clients: Int) =
            repeat(clients) { emulator.client().use { it.getDeviceCredential(CLIENT_ID) } }
        fun threads() = File("/proc/self/task").listFiles()!!.map { runCatching { File(it, "comm").readText().trim() }.getOrNull() }
        // Starts the threads of the library and of the JVM that stay.
        openAndClose(5)
        val before = threads().size
        openAndClose(100)
        val after = threads()
        val libraryThreads = after.count { it == "devcred" }
        assertTrue(libraryThreads in 1..6, "$libraryThreads threads")
        // A leaked thread of each client would exceed this, whatever its name; the JVM may have
        // started a few.
        assertTrue(after.size - before < 50, "$before threads before, ${after.size} afterwards")
    }

    /**
     * Attaching a thread costs as much as the rest of a call, and one that is not a daemon prevents
     * the exit of the JVM.
     */
    @Test
    fun `the thread of the library is attached once, and as a daemon`() = runBlocking<Unit> {
        val threads = ConcurrentHashMap.newKeySet<Thread>()
        val client = emulator.client {
            maxRequestsPerSecond = 1_000_000
            log(LogLevel.Debug) { _, _ -> threads += Thread.currentThread() }
        }
        client.use { repeat(20) { client.getDeviceCredential(CLIENT_ID) } }
        assertEquals(listOf("devcred" to true), threads.map { it.name to it.isDaemon })
    }

    @Test
    fun `a lone surrogate and a NUL are refused, not replaced or truncated`() = runBlocking<Unit> {
        val pair = "GID_test@@@\uD83D\uDE00"
        val (surrogate, nul) = pair.dropLast(1) to "GID_test@@@a\u0000b"
        emulator.client().use { client ->
            assertEquals(pair, client.getDeviceCredential(pair).clientId)
            for (text in listOf(surrogate, nul)) {
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
    fun `a duration out of range is refused`() = runBlocking<Unit> {
        emulator.client().use { client ->
            for (timeout in listOf(Duration.ZERO, (-5).milliseconds, 1.nanoseconds, 2.days, Duration.INFINITE)) {
                val error = assertThrows<DevcredException> { client.getDeviceCredential(CLIENT_ID, timeout = timeout) }
                assertEquals(ErrorKind.InvalidParameter, error.kind, "$timeout")
            }
        }
    }

    @Test
    fun `an error's stack trace contains the caller and no thread of the library`() = runBlocking<Unit> {
        emulator.client().use { client ->
            for (
                error in listOf(
                    assertThrows<DevcredException> { client.getDeviceCredential("") },
                    assertThrows<DevcredException> { client.blocking().getDeviceCredential("") },
                )
            ) {
                val classes = error.stackTrace.map { it.className }
                assertTrue(ClientTest::class.java.name in classes, "$classes")
                // The listener is on the stack of the library's callbacks.
                assertFalse(Listener::class.java.name in classes, "$classes")
            }
        }
    }

    /** In their debug mode, which assertions enable, coroutines replace an exception by a copy with both stack traces. */
    @Test
    fun `the copy of an error for another coroutine is complete`() = runBlocking<Unit> {
        emulator.client { accessKeySecret = "another-s3cr3t" }.use { client ->
            supervisorScope {
                val call = async(Dispatchers.Default) { client.getDeviceCredential(CLIENT_ID) }
                val copy = assertThrows<DevcredException> { call.await() }
                val original = copy.cause as DevcredException
                for (property in DevcredException::class.java.methods.filter { it.name.startsWith("get") || it.name.startsWith("is") }) {
                    if (property.declaringClass == DevcredException::class.java) {
                        assertEquals(property.invoke(original), property.invoke(copy), property.name)
                    }
                }
            }
        }
    }

    private suspend fun assertRefused(parameter: String, text: String, call: suspend () -> Any) {
        val error = assertThrows<DevcredException>(parameter) { call() }
        assertEquals(ErrorKind.InvalidParameter to 0, error.kind to error.attempts, parameter)
        assertFalse(text in error.toString(), parameter)
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
