/** A program that makes one call. */
package io.devcred.bench

import kotlinx.coroutines.runBlocking

fun main(arguments: Array<String>): Unit = client(arguments.asList()).use { client ->
    runBlocking { client.getDeviceCredential(arguments.last()) }
}
