package io.devcred

import com.google.gson.Gson
import io.devcred.internal.NativeClient
import io.devcred.internal.NativeLibrary
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
        val message = refuse("/no/such/library")
        assertTrue(message.startsWith("devcred cannot load its native library for linux-") && "-Djava.io.tmpdir" in message, message)
    }

    @Test
    fun `a library of another version is refused, and the error names both versions`(@TempDir folder: Path) {
        val message = refuse(compile(folder, "-DVERSION=\"0.0.9\""))
        assertTrue("is version 0.0.9, but its jar is version ${NativeLibrary.VERSION}: use " in message, message)
    }

    /** Such a library fails before its version can be compared. */
    @Test
    fun `a library that expects other classes is refused`(@TempDir folder: Path) {
        val message = refuse(compile(folder, "-DVERSION=\"${NativeLibrary.VERSION}\"", "-DMISSING_CLASS=\"io/devcred/Missing\""))
        assertTrue("or it is of another version" in message, message)
    }

    /** Returns the message of the error for a library, which is the same for each client. */
    private fun refuse(library: String): String {
        val result = runMain("io.devcred.TwoClients", emptyMap(), options = listOf("-Ddevcred.library=$library"))
        assertEquals("" to 0, result.stderr to result.status)
        val (first, second) = result.stdout.lines()
        assertEquals(first, second)
        return first
    }

    private fun compile(folder: Path, vararg definitions: String): String {
        val (library, include) = "$folder/library.so" to System.getProperty("java.home") + "/include"
        val command = listOf("cc", "-shared", "-fPIC", "-I$include", "-I$include/linux", "-o", library, "src/test/c/library.c")
        assertEquals(0, ProcessBuilder(command + definitions).inheritIO().start().waitFor())
        return library
    }

    /** Each of these costs a cold start more than the call. */
    @Test
    fun `a blocking call loads neither coroutines nor the large classes of Kotlin`() = Emulator().use {
        val (endpoint, key, secret, instance) = listOf(it.endpoint, Emulator.KEY_ID, Emulator.SECRET, Emulator.INSTANCE_ID)
        val arguments = arrayOf("blocking", endpoint, key, secret, instance, CLIENT_ID)
        val result = runMain("io.devcred.bench.ColdKt", emptyMap(), *arguments, options = listOf("-Xlog:class+load"))
        assertEquals("" to 0, result.stderr to result.status)
        val loaded = result.stdout.lines().map { line -> line.substringAfter("] ").substringBefore(' ') }
        assertTrue("io.devcred.DeviceCredential" in loaded, result.stdout)
        val costly = Regex("""kotlinx\..*|kotlin\.(collections|text|time)\..*|io\.devcred\..*Lambda.*""")
        assertEquals(emptyList<String>(), loaded.filter(costly::matches))
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
