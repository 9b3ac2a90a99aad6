package io.devcred

import java.io.File
import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class ApiTest {
    /**
     * `devcred.api` is the public API, which changes only by a decision: `DEVCRED_WRITE=1` updates
     * the file.
     */
    @Test
    fun `the public API matches its dump`() {
        val classes = File(System.getProperty("devcred.target"), "kotlin/classes").walk().filter { it.extension == "class" }
        val dump = StringBuilder().also { AbiTools.getInstance().printJvmDump(it, classes.toList(), AbiFilters.EMPTY) }
        val expected = File("devcred.api")
        if (System.getenv("DEVCRED_WRITE") == "1") expected.writeText(dump.toString())
        assertEquals(expected.readText(), dump.toString())
        // The API exposes nothing of the native library.
        assertFalse("devcred/internal" in dump)
    }
}
