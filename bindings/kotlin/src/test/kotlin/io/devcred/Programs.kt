package io.devcred

import java.io.File

/** The result of a program. */
data class ProgramResult(val stdout: String, val stderr: String, val status: Int)

/** The jar or folder that contains the class. */
val Class<*>.home: File get() = File(protectionDomain.codeSource.location.toURI())

/** What the program in `shrunk` prints. */
const val PROGRAM_OUTPUT = "Warn, has operation: true\nGID_test@@@fault-close-1\nnull\nAuthentication\n"

/** Runs a main class in another JVM, with these JVM options. */
fun runMain(
    mainClass: String,
    environment: Map<String, String>,
    vararg arguments: String,
    options: List<String> = emptyList(),
    classPath: String = System.getProperty("java.class.path"),
): ProgramResult {
    val java = System.getProperty("java.home") + "/bin/java"
    val command = listOf(java, "-XX:TieredStopAtLevel=1") + options + listOf("-cp", classPath, mainClass)
    val builder = ProcessBuilder(command + arguments)
    builder.environment().apply { clear() }.putAll(environment)
    val process = builder.start()
    val (stdout, stderr) = process.inputReader().readText() to process.errorReader().readText()
    return ProgramResult(stdout, stderr, process.waitFor())
}
