/** A program that makes one call, in the form of its first argument. It uses little besides the library. */
package io.devcred.bench

import io.devcred.Client
import io.devcred.ClientOptions
import kotlinx.coroutines.runBlocking

fun main(arguments: Array<String>) {
    val options = ClientOptions()
    options.endpoint = arguments[1]
    options.accessKeyId = arguments[2]
    options.accessKeySecret = arguments[3]
    options.instanceId = arguments[4]
    Client(options).use { client ->
        if (arguments[0] == "blocking") client.blocking().getDeviceCredential(arguments[5]) else call(client, arguments[5])
    }
}

private fun call(client: Client, clientId: String) = runBlocking { client.getDeviceCredential(clientId) }
