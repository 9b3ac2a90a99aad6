package io.devcred

import java.util.concurrent.CompletableFuture
import kotlin.concurrent.thread
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Programs that end while calls are running. Without that, the calls would take a minute. */
class ExitTest {
    @Test
    fun `suspend calls do not delay the end of the process`() = exits("suspend")

    @Test
    fun `a suspend call for which a thread waits does not delay it`() = exits("suspend in runBlocking")

    @Test
    fun `blocking calls do not delay it`() = exits("blocking")

    @Test
    fun `futures do not delay it`() = exits("future")

    @Test
    fun `a listener of the log may end the process`() = exits("log")

    /** The JVM would wait for an attached thread. */
    @Test
    fun `the thread of the library is detached when the program ends`() {
        val result = CompletableFuture.supplyAsync { runMain("io.devcred.Detached", emptyMap()) }
        assertEquals(ProgramResult("attached\ndetached\ndetached\n", "", 0), result.awaitResult())
    }

    private fun exits(form: String) {
        val result = CompletableFuture.supplyAsync { runMain("io.devcred.Exit", emptyMap(), form) }
        assertEquals(ProgramResult("", "", Exit.STATUS), result.awaitResult())
    }
}

object Exit {
    const val STATUS = 7

    @JvmStatic
    fun main(arguments: Array<String>) {
        val servers = List(if (arguments[0] == "log") 0 else CALLS) { SilentServer() }
        for (server in servers) call(arguments[0], server.client { timeout = 1.minutes })
        if (servers.isEmpty()) callAndExit()
        servers.forEach { it.requested.awaitResult() }
        exitProcess(STATUS)
    }

    @OptIn(DelicateCoroutinesApi::class)
    private fun call(form: String, client: Client) {
        when (form) {
            "suspend" -> GlobalScope.launch { client.getDeviceCredential(CLIENT_ID) }
            "suspend in runBlocking" -> thread { runBlocking { client.getDeviceCredential(CLIENT_ID) } }
            "blocking" -> thread { client.blocking().getDeviceCredential(CLIENT_ID) }
            "future" -> GlobalScope.future { client.getDeviceCredential(CLIENT_ID) }
            else -> error(form)
        }
    }

    /** Makes a call whose first attempt fails, because no server has this port. The log reports it. */
    private fun callAndExit(): DeviceCredential = Client {
        endpoint = "http://127.0.0.1:1"
        accessKeyId = Emulator.KEY_ID
        accessKeySecret = Emulator.SECRET
        instanceId = Emulator.INSTANCE_ID
        log(LogLevel.Debug) { _, _ -> exitProcess(STATUS) }
    }.use { runBlocking { it.getDeviceCredential(CLIENT_ID) } }

    private const val CALLS = 3
}

/** Makes a call, and another one when it ends. */
object Detached {
    @JvmStatic
    fun main(arguments: Array<String>) {
        fail()
        println(if (isAttached()) "attached" else "detached")
        val hook = thread(start = false) {
            awaitDetached()
            fail()
            awaitDetached()
        }
        Runtime.getRuntime().addShutdownHook(hook)
    }

    /** Makes a call that is refused before anything is sent. */
    private fun fail() = runBlocking {
        val client = Client { region = "cn-hangzhou"; accessKeyId = Emulator.KEY_ID; accessKeySecret = Emulator.SECRET }
        assertThrows<DevcredException> { client.use { it.getDeviceCredential("") } }
    }

    private fun awaitDetached() {
        while (isAttached()) Thread.sleep(1)
        println("detached")
    }

    private fun isAttached() = Thread.getAllStackTraces().keys.any { it.name == "devcred" }
}
