package io.devcred

import com.sun.jna.Native
import java.util.zip.ZipFile
import kotlinx.coroutines.Job
import org.jetbrains.annotations.NotNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** Programs that ProGuard has shrunk, optimised and renamed, by no rules for libraries but those that come in their jars. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShrunkTest {
    private val shrunk = System.getProperty("devcred.target") + "/kotlin/shrunk.jar"

    @BeforeAll
    fun shrink() {
        val ended = runMain("proguard.ProGuard", emptyMap(), *configuration().lines().toTypedArray())
        assertEquals(0, ended.status, ended.stdout)
        assertNull(ZipFile(shrunk).use { it.getEntry("io/devcred/Client.class") }, "it has its name still")
    }

    @Test
    fun `the example for a server prints the user name, or what to do`() = Emulator("--device", "GID_test@@@known").use {
        val known = runMain("examples.get.GetKt", it.environment(), "GID_test@@@known", classPath = shrunk)
        assertTrue(known.stdout.startsWith("DeviceCredential|"), "$known")
        val other = runMain("examples.get.GetKt", it.environment(), "GID_test@@@other", classPath = shrunk)
        assertEquals(Ended("", "register the device first\n", 1), other)
    }

    @Test
    fun `a listener, calls that block, a timeout, another key and the kind of an error are as before`() = Emulator().use {
        val lines = listOf("Warn, of a call: true", "GID_test@@@fault-close-1", "null", "Authentication")
        val ended = runMain("io.devcred.shrunk.ProgramKt", it.environment(), classPath = shrunk)
        assertEquals(Ended(lines.joinToString("") { line -> line + "\n" }, "", 0), ended)
    }

    private fun configuration(): String {
        val libraries = listOf(Client::class, Native::class, Unit::class, Job::class, NotNull::class)
        return """
            -injars '${javaClass.home}'(examples/get/**,io/devcred/shrunk/**)
            -injars '${libraries.joinToString("':'") { it.java.home.path }}'
            -outjars '$shrunk'
            # No AWT, as on Android.
            -libraryjars '<java.home>/jmods/java.base.jmod'(!**.jar;!module-info.class)
            -libraryjars '<java.home>/jmods/java.logging.jmod'(!**.jar;!module-info.class)
            -keepclasseswithmembers class examples.get.**,io.devcred.shrunk.** { public static void main(java.lang.String[]); }
            -include /META-INF/proguard/devcred.pro
            -include /META-INF/proguard/coroutines.pro
            # Android has it.
            -dontwarn android.annotation.SuppressLint
            # These make code of Kotlin's that no JVM loads (Guardsquare/proguard#460).
            -optimizations !method/specialization/*
            -dontnote
            -forceprocessing
        """.trimIndent()
    }
}
