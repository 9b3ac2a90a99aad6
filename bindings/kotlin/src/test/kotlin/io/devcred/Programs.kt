package io.devcred

import java.io.File

/** How a program ended. */
data class Ended(val stdout: String, val stderr: String, val status: Int)

/** Where the classes of a jar, or of a folder, come from. */
val Class<*>.home: File get() = File(protectionDomain.codeSource.location.toURI())

/** Runs a main class in a JVM of its own, with these options of the JVM's. */
fun runMain(
    mainClass: String,
    environment: Map<String, String>,
    vararg arguments: String,
    options: List<String> = emptyList(),
    classPath: String = System.getProperty("java.class.path"),
): Ended {
    val java = System.getProperty("java.home") + "/bin/java"
    val tmp = "-Djna.tmpdir=" + System.getProperty("jna.tmpdir")
    val command = listOf(java, "-XX:TieredStopAtLevel=1", tmp) + options + listOf("-cp", classPath, mainClass)
    val builder = ProcessBuilder(command + arguments)
    builder.environment().apply { clear() }.putAll(environment)
    val process = builder.start()
    val (stdout, stderr) = process.inputReader().readText() to process.errorReader().readText()
    return Ended(stdout, stderr, process.waitFor())
}
