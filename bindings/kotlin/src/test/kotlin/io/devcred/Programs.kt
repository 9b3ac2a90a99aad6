package io.devcred

/** How a program ended. */
data class Ended(val stdout: String, val stderr: String, val status: Int)

/** Runs a program in a JVM of its own, and in no other environment than this. */
fun run(
    mainClass: String,
    environment: Map<String, String>,
    vararg arguments: String,
    options: List<String> = emptyList(),
): Ended {
    val java = System.getProperty("java.home") + "/bin/java"
    val tmp = "-Djna.tmpdir=" + System.getProperty("jna.tmpdir")
    val command = listOf(java, "-XX:TieredStopAtLevel=1", tmp) + options + listOf("-cp", System.getProperty("java.class.path"), mainClass)
    val builder = ProcessBuilder(command + arguments)
    builder.environment().apply { clear() }.putAll(environment)
    val process = builder.start()
    val (stdout, stderr) = process.inputReader().readText() to process.errorReader().readText()
    return Ended(stdout, stderr, process.waitFor())
}
