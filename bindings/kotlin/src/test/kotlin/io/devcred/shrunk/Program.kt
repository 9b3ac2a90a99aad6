/**
 * A program of ShrunkTest and LibraryTest: uses the parts of the API that the example does not, and prints the
 * results.
 */
package io.devcred.shrunk

import io.devcred.Client
import io.devcred.DevcredException
import io.devcred.LogLevel
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.withTimeoutOrNull

suspend fun main(): Unit = Client.fromEnv { log(LogLevel.Warn, ::printEvent) }.use { client ->
    val blocking = client.blocking()
    println(blocking.getDeviceCredential("GID_test@@@fault-close-1").clientId)
    println(withTimeoutOrNull(100.milliseconds) { client.getDeviceCredential("GID_test@@@fault-hang") })
    client.setAccessKey("another", "key")
    try {
        blocking.getDeviceCredential("GID_test@@@test")
    } catch (error: DevcredException) {
        println(error.kind)
    }
}

private fun printEvent(level: LogLevel, message: String) = println("$level, has operation: ${"GetDeviceCredential" in message}")
