package io.devcred

import java.io.File
import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class ApiTest {
    /** What programs are compiled against stands in `devcred.api`. A change there is a decision: `DEVCRED_WRITE=1` writes it anew. */
    @Test
    fun `what is public is what is written down`() {
        val classes = File(System.getProperty("devcred.target"), "kotlin/classes").walk().filter { it.extension == "class" }
        val dump = StringBuilder().also { AbiTools.getInstance().printJvmDump(it, classes.toList(), AbiFilters.EMPTY) }
        val written = File("devcred.api")
        if (System.getenv("DEVCRED_WRITE") == "1") written.writeText(dump.toString())
        assertEquals(written.readText(), dump.toString())
        // Nothing of uniffi or JNA, that is.
        assertFalse("internal" in dump || "jna" in dump)
    }
}
