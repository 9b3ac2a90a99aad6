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

/** Programs that ProGuard has shrunk, optimised and renamed, by no rules for libraries but those in their jars. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShrunkTest {
    private val shrunk = System.getProperty("devcred.target") + "/kotlin/shrunk.jar"

    @BeforeAll
    fun shrink() {
        val ended = runMain("proguard.ProGuard", emptyMap(), *rules().lines().toTypedArray())
        assertEquals(0, ended.status, ended.stdout)
        assertNull(ZipFile(shrunk).use { it.getEntry("io/devcred/Client.class") }, "it has its name still")
    }

    @Test
    fun `the example for a server prints the user name, or what to do`() = Emulator("--device", "GID_test@@@known").use {
        val get = { device: String -> runMain("examples.get.GetKt", it.environment(), device, classPath = shrunk) }
        val known = get("GID_test@@@known")
        assertTrue(known.stdout.startsWith("DeviceCredential|"), "$known")
        assertEquals(Ended("", "register the device first\n", 1), get("GID_test@@@other"))
    }

    @Test
    fun `calls that block, a key that changes, a listener, an error's kind and a timeout are as before`() = Emulator().use {
        val key = arrayOf(Emulator.KEY_ID, Emulator.SECRET)
        val ended = runMain("io.devcred.shrunk.ProgramKt", it.environment(), *key, classPath = shrunk)
        assertEquals(Ended("", "", 0), ended)
    }

    private fun rules(): String {
        val libraries = listOf(Client::class, Native::class, Unit::class, Job::class, NotNull::class)
        return """
            -injars '${javaClass.home}'(examples/get/**,io/devcred/shrunk/**)
            ${libraries.joinToString("\n            ") { "-injars '${it.java.home}'" }}
            -outjars '$shrunk'
            # Like Android, without AWT.
            -libraryjars '<java.home>/jmods/java.base.jmod'(!**.jar;!module-info.class)
            -libraryjars '<java.home>/jmods/java.logging.jmod'(!**.jar;!module-info.class)
            -include /META-INF/proguard/devcred.pro
            -include /META-INF/proguard/coroutines.pro
            -keepclasseswithmembers class examples.get.**,io.devcred.shrunk.** { public static void main(java.lang.String[]); }
            # Coroutines are marked with it, and Android has it.
            -dontwarn android.annotation.SuppressLint
            # It makes code of coroutines that no JVM takes (Guardsquare/proguard#460).
            -optimizations !method/specialization/parametertype
            -dontnote
        """.trimIndent()
    }
}
