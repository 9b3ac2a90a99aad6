package io.devcred

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LibraryTest {
    /** The JVM itself says why only the first time, and afterwards that it cannot find a class. */
    @Test
    fun `where the library cannot be loaded, every client says so and what to do`() {
        val missing = listOf("-Duniffi.component.devcred.libraryOverride=/no/such/library")
        val ended = runMain("io.devcred.TwoClients", emptyMap(), options = missing)
        assertEquals("" to 0, ended.stderr to ended.status)
        val (first, second) = ended.stdout.lines()
        assertTrue(first.startsWith("devcred cannot load its native library for linux-") && "-Djna.tmpdir" in first, first)
        assertEquals(first, second)
    }
}

object TwoClients {
    @JvmStatic
    fun main(arguments: Array<String>) = repeat(2) {
        try {
            Client.fromEnv()
        } catch (refused: UnsatisfiedLinkError) {
            println(refused.message)
        }
    }
}
