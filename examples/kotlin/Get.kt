/**
 * Fetches the credential of a device and prints the MQTT user name.
 *
 * The AccessKey, the region and the instance come from the environment, as docs/reference.md
 * describes.
 */
package examples.get

import io.devcred.Client
import io.devcred.DevcredException
import io.devcred.ErrorKind
import kotlin.system.exitProcess

suspend fun main(arguments: Array<String>) {
    try {
        Client.fromEnv().use { client ->
            val credential = client.getDeviceCredential(arguments.firstOrNull() ?: "")
            val login = credential.mqttLogin()
            println(login.username) // login.password is the password for CONNECT
        }
    } catch (error: DevcredException) {
        System.err.println(if (error.kind == ErrorKind.NotFound) "register the device first" else error.message)
        exitProcess(1)
    }
}
