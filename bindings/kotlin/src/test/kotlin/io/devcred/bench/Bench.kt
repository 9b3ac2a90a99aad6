/** The Kotlin program of `cargo xtask bench`; bindings/c/bench.c documents the protocol. */
package io.devcred.bench

import com.sun.management.OperatingSystemMXBean
import io.devcred.Client
import java.lang.management.ManagementFactory
import kotlin.concurrent.thread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

fun main(arguments: Array<String>) {
    val (form, clientId) = arguments.first() to arguments.last()
    if (clientId == "--version") {
        val version = Client::class.java.`package`.implementationVersion
        println("devcred $version, Kotlin ${KotlinVersion.CURRENT}, Java ${System.getProperty("java.version")}")
        return
    }
    val client = client(arguments.drop(1))
    val run = if (form == "blocking") ::callInThreads else ::callInCoroutines
    val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
    for (line in generateSequence(::readlnOrNull)) {
        if (line == "collect") {
            System.gc()
            println(Runtime.getRuntime().freeMemory())
            continue
        }
        val (calls, atOnce) = line.split(' ').map { it.toInt() }
        run(client, clientId, atOnce, 20) // Opens connections and fills caches.
        val (cpu, wall) = system.processCpuTime to System.nanoTime()
        run(client, clientId, atOnce, calls / atOnce)
        println("${system.processCpuTime - cpu} ${System.nanoTime() - wall}")
    }
    client.close()
}

fun client(arguments: List<String>) = Client {
    endpoint = arguments[0]
    accessKeyId = arguments[1]
    accessKeySecret = arguments[2]
    instanceId = arguments[3]
    maxRequestsPerSecond = 1_000_000
}

private fun callInCoroutines(client: Client, clientId: String, atOnce: Int, calls: Int) = runBlocking {
    repeat(atOnce) {
        launch(Dispatchers.Default) { repeat(calls) { client.getDeviceCredential(clientId) } }
    }
}

private fun callInThreads(client: Client, clientId: String, atOnce: Int, calls: Int) {
    val blocking = client.blocking()
    val makeCalls = { repeat(calls) { blocking.getDeviceCredential(clientId) } }
    if (atOnce == 1) makeCalls() else List(atOnce) { thread(block = makeCalls) }.forEach { it.join() }
}
