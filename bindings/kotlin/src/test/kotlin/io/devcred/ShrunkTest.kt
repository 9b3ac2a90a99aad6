package io.devcred

import java.util.zip.ZipFile
import kotlinx.coroutines.Job
import org.jetbrains.annotations.NotNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/**
 * Programs that ProGuard has shrunk, optimised and renamed with only the rules in the libraries'
 * jars.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShrunkTest {
    private val shrunk = System.getProperty("devcred.target") + "/kotlin/shrunk.jar"

    @BeforeAll
    fun shrink() {
        val result = runMain("proguard.ProGuard", emptyMap(), *configuration().lines().toTypedArray())
        assertEquals(0, result.status, result.stdout)
        assertNull(ZipFile(shrunk).use { it.getEntry("io/devcred/Client.class") }, "ProGuard did not rename the class")
    }

    @Test
    fun `the server example prints the MQTT user name, or what to do`() = Emulator("--device", "GID_test@@@known").use {
        val known = runMain("examples.get.GetKt", it.environment(), "GID_test@@@known", classPath = shrunk)
        assertTrue(known.stdout.startsWith("DeviceCredential|"), "$known")
        val other = runMain("examples.get.GetKt", it.environment(), "GID_test@@@other", classPath = shrunk)
        assertEquals(ProgramResult("", "register the device first\n", 1), other)
    }

    @Test
    fun `listeners, blocking calls, timeouts, a replaced key and error kinds work`() = Emulator().use {
        val result = runMain("io.devcred.shrunk.ProgramKt", it.environment(), classPath = shrunk)
        assertEquals(ProgramResult(PROGRAM_OUTPUT, "", 0), result)
    }

    private fun configuration(): String {
        val libraries = listOf(Client::class, Unit::class, Job::class, NotNull::class)
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
            # Part of Android.
            -dontwarn android.annotation.SuppressLint
            # These optimisations produce invalid bytecode from Kotlin's (Guardsquare/proguard#460).
            -optimizations !method/specialization/*
            -dontnote
            -forceprocessing
        """.trimIndent()
    }
}
