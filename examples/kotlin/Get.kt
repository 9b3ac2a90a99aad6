/**
 * On a server: fetches the credential of one device and prints the user name that the device connects with.
 *
 * The AccessKey, the region and the instance come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
 * ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID, DEVCRED_INSTANCE_ID.
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
            println(credential.mqttLogin().username) // .password goes into CONNECT
        }
    } catch (error: DevcredException) {
        System.err.println(if (error.kind == ErrorKind.NotFound) "register the device first" else error)
        exitProcess(1)
    }
}
