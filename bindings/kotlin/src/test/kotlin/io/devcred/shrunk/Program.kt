/** What ShrunkTest runs besides the example: it uses what the example does not, and prints what it sees. */
package io.devcred.shrunk

import io.devcred.Client
import io.devcred.DevcredException
import io.devcred.LogLevel
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull

fun main(arguments: Array<String>) {
    val (id, secret) = arguments
    val client = Client.fromEnv {
        accessKeySecret = "another"
        log(LogLevel.Warn) { level, message -> println("$level of ${message.substringBefore('=')}") }
    }
    client.use {
        try {
            client.blocking().getDeviceCredential("GID_test@@@test")
        } catch (error: DevcredException) {
            println(error.kind)
        }
        client.setAccessKey(id, secret)
        println(client.blocking().getDeviceCredential("GID_test@@@fault-close-1").clientId)
        println(runBlocking { withTimeoutOrNull(100.milliseconds) { client.getDeviceCredential("GID_test@@@fault-hang") } })
    }
}
