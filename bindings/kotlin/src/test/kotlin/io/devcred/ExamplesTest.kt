package io.devcred

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import examples.login.Login
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The examples, run as programs. */
class ExamplesTest {
    @Test
    fun `the one in Kotlin prints the user name, or what to do`() = printsTheUserName("examples.get.GetKt")

    /** The JVM compiles and runs a program that is one source file. */
    @Test
    fun `the one in Java prints the user name, or what to do`() = printsTheUserName("../../examples/java/Get.java")

    private fun printsTheUserName(program: String) = Emulator("--device", "GID_test@@@known").use {
        val environment = it.environment()
        val known = runMain(program, environment, "GID_test@@@known")
        assertTrue(known.stdout.startsWith("DeviceCredential|") && known.stdout.endsWith("|${Emulator.INSTANCE_ID}\n"), "$known")
        assertEquals("" to 0, known.stderr to known.status)
        assertEquals(ProgramResult("", "register the device first\n", 1), runMain(program, environment, "GID_test@@@other"))
        assertEquals(ProgramResult("", "InvalidParameter: client_id is empty\n", 1), runMain(program, environment))
    }

    @Test
    fun `after a restart, the one that stores the credential logs in without a server, a key and a request`(@TempDir folder: Path) {
        val (known, file) = "GID_test@@@known" to "$folder/credential.json"
        val first = Emulator("--device", known).use {
            val unknown = runMain("examples.restart.RestartKt", it.environment(), "GID_test@@@other", file)
            assertTrue(unknown.status == 1 && unknown.stderr.startsWith("NotFound: "), "$unknown")
            runMain("examples.restart.RestartKt", it.environment(), known, file)
        }
        assertTrue(first.stdout.startsWith("DeviceCredential|") && first.stdout.endsWith("|${Emulator.INSTANCE_ID}\n"), "$first")
        assertEquals(first, runMain("examples.restart.RestartKt", emptyMap(), known, file))
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(file))))
        val masked = Files.readString(Path.of(file)).replace(Regex("(?<=\"deviceAccessKeySecret\":)\"[^\"]*\""), "\"<hidden: use reveal()>\"")
        Files.writeString(Path.of(file), masked)
        val refused = runMain("examples.restart.RestartKt", emptyMap(), known, file)
        assertTrue(refused.status == 1 && refused.stderr.startsWith("InvalidParameter: "), "$refused")
    }

    @Test
    fun `the app example requests the login from the app's server`() {
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/mqtt-login", ::respond)
        server.start()
        try {
            val url = "http://127.0.0.1:${server.address.port}"
            val known = runMain("examples.login.LoginKt", mapOf("APP_TOKEN" to "right"), url)
            assertEquals(ProgramResult("DeviceCredential|id|post-cn-x\n", "", 0), known)
            val unknown = runMain("examples.login.LoginKt", mapOf("APP_TOKEN" to "wrong"), url)
            assertEquals(ProgramResult("", "the server returned status 401\n", 1), unknown)
        } finally {
            server.stop(0)
        }
        assertFalse("s3cr3t" in Login("GID_test@@@test", "DeviceCredential|id|post-cn-x", "s3cr3t").toString())
    }

    private fun respond(exchange: HttpExchange) = exchange.use {
        val isAuthorized = it.requestMethod == "POST" && it.requestHeaders.getFirst("Authorization") == "Bearer right"
        val login = """{"clientId": "GID_test@@@test", "username": "DeviceCredential|id|post-cn-x", "password": "s3cr3t"}"""
        val body = if (isAuthorized) login.toByteArray() else ByteArray(0)
        it.sendResponseHeaders(if (isAuthorized) 200 else 401, if (isAuthorized) body.size.toLong() else -1)
        it.responseBody.write(body)
    }
}
