package io.devcred

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/**
 * Needs the debug build of the library, which can panic: the pom runs this test in a separate JVM.
 */
@Tag("panic")
class PanicTest {
    @Test
    fun `a panic in the core is an error, and the next call works`() = runBlocking<Unit> {
        Emulator().use { emulator ->
            emulator.client().use { client ->
                val panicked = assertThrows<DevcredException> { client.getDeviceCredential("GID_test@@@panic") }
                assertEquals(ErrorKind.Internal, panicked.kind)
                assertFalse("a test requested this panic" in panicked.toString())
                assertEquals(CLIENT_ID, client.getDeviceCredential(CLIENT_ID).clientId)
            }
        }
    }
}
