package io.devcred

import com.google.gson.Gson
import io.devcred.internal.NativeClient
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import org.jetbrains.annotations.NotNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class LibraryTest {
    /** The JVM reports the cause only once; after that it throws NoClassDefFoundError. */
    @Test
    fun `if the library cannot be loaded, opening a client says what to do every time`() {
        val missing = listOf("-Ddevcred.library=/no/such/library")
        val result = runMain("io.devcred.TwoClients", emptyMap(), options = missing)
        assertEquals("" to 0, result.stderr to result.status)
        val (first, second) = result.stdout.lines()
        assertTrue(first.startsWith("devcred cannot load its native library for linux-") && "-Djava.io.tmpdir" in first, first)
        assertEquals(first, second)
    }

    @Test
    fun `a program leaves nothing in the temporary folder`(@TempDir folder: Path) = Emulator().use {
        run(it, "-Djava.io.tmpdir=$folder", "-XX:-UsePerfData")
        assertEquals(emptyList<Path>(), Files.list(folder).toList())
    }

    @Test
    fun `if there is no temporary folder, the home folder replaces it`(@TempDir home: Path) = Emulator().use {
        run(it, "-Djava.io.tmpdir=/no/such/folder", "-Duser.home=$home")
        assertEquals(emptyList<Path>(), Files.list(home).toList())
    }

    /** With this option the JVM checks every use of JNI, and prints what is wrong. */
    @Test
    fun `the library uses JNI correctly`() = Emulator().use { run(it, "-Xcheck:jni") }

    @Test
    fun `the library is a module`() = Emulator().use {
        val jars = listOf(Client::class, Unit::class, kotlinx.coroutines.Job::class, NotNull::class).map { type -> type.java.home }
        val modules = jars.joinToString(File.pathSeparator)
        val result = runMain(
            "io.devcred.shrunk.ProgramKt",
            it.environment(),
            options = listOf("--module-path", modules, "--add-modules", "io.devcred"),
            classPath = javaClass.home.path,
        )
        assertEquals(ProgramResult(PROGRAM_OUTPUT, "", 0), result)
    }

    /** GraalVM needs the list, and nothing else uses it here. */
    @Test
    fun `the list of what the library finds by name is right`() {
        val text = javaClass.getResource("/META-INF/native-image/io.devcred/devcred/jni-config.json")!!.readText()
        for (entry in Gson().fromJson(text, Array<JniClass>::class.java)) {
            val type = Class.forName(entry.name)
            for (method in entry.methods.orEmpty()) {
                val found = type.methods.filter { it.name == method.name }.map { it.parameterTypes.map(Class<*>::getTypeName) }
                assertEquals(listOf(method.parameterTypes), found, entry.name)
            }
        }
    }

    @Test
    fun `a new client frees those that are unreachable`() = Emulator().use { emulator ->
        val all = NativeClient::class.java.getDeclaredField("REFERENCES").apply { isAccessible = true }.get(null) as Set<*>
        repeat(CLIENTS) { emulator.client() }
        val deadline = System.nanoTime() + LIMIT_S * 1_000_000_000
        do {
            System.gc()
            val clientId = emulator.client().use { it.blocking().getDeviceCredential(CLIENT_ID).clientId }
            assertEquals(CLIENT_ID, clientId)
        } while (all.size >= CLIENTS && System.nanoTime() < deadline)
        assertTrue(all.size < CLIENTS, "${all.size}")
    }

    private fun run(emulator: Emulator, vararg options: String) {
        val result = runMain("io.devcred.shrunk.ProgramKt", emulator.environment(), options = options.asList())
        assertEquals(ProgramResult(PROGRAM_OUTPUT, "", 0), result)
    }

    private class JniClass(val name: String, val methods: List<JniMethod>?)

    private class JniMethod(val name: String, val parameterTypes: List<String>)

    private companion object {
        const val CLIENTS = 50
    }
}

object TwoClients {
    @JvmStatic
    fun main(arguments: Array<String>) = repeat(2) {
        try {
            Client.fromEnv()
        } catch (error: UnsatisfiedLinkError) {
            println(error.message)
        }
    }
}
