package io.devcred

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LibraryTest {
    /** The JVM reports the cause only once; after that it throws NoClassDefFoundError. */
    @Test
    fun `if the library cannot be loaded, opening a client says what to do every time`() {
        val missing = listOf("-Duniffi.component.devcred.libraryOverride=/no/such/library")
        val result = runMain("io.devcred.TwoClients", emptyMap(), options = missing)
        assertEquals("" to 0, result.stderr to result.status)
        val (first, second) = result.stdout.lines()
        assertTrue(first.startsWith("devcred cannot load its native library for linux-") && "-Djna.tmpdir" in first, first)
        assertEquals(first, second)
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
