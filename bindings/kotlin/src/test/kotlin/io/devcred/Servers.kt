package io.devcred

import java.net.InetAddress
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** How long a test waits for what must happen. */
const val LIMIT_S = 30L

const val CLIENT_ID = "GID_test@@@test"

/** A device whose calls are never answered, as the emulator names it. */
const val HANGING = "GID_test@@@fault-hang"

fun <T> CompletableFuture<T>.within(): T = get(LIMIT_S, TimeUnit.SECONDS)

/** `devcred emulator`, which stands in for the service. */
class Emulator(vararg arguments: String) : AutoCloseable {
    private val process = ProcessBuilder(PROGRAM, "emulator", "--listen", "127.0.0.1:0", *arguments)
        .apply { environment().putAll(mapOf(KEY_VARIABLE to KEY_ID, SECRET_VARIABLE to SECRET)) }
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()

    val endpoint: String = checkNotNull(process.inputReader().readLine()) { "the emulator did not start" }

    fun options() = ClientOptions().also {
        it.endpoint = endpoint
        it.accessKeyId = KEY_ID
        it.accessKeySecret = SECRET
        it.instanceId = INSTANCE_ID
        it.timeout = kotlin.time.Duration.parse("${LIMIT_S}s")
        it.attemptTimeout = it.timeout
    }

    fun client(configure: ClientOptions.() -> Unit = {}) = Client(options().apply(configure))

    /** Its journal, as JSON. */
    fun journal(): String {
        val request = HttpRequest.newBuilder(URI("$endpoint/_devcred/calls")).build()
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body()
    }

    /** What a program that takes its client from the environment finds there. */
    fun environment() = mapOf(
        "DEVCRED_ENDPOINT" to endpoint,
        "DEVCRED_INSTANCE_ID" to INSTANCE_ID,
        KEY_VARIABLE to KEY_ID,
        SECRET_VARIABLE to SECRET,
    )

    override fun close() {
        process.destroy()
        process.waitFor()
    }

    companion object {
        const val KEY_ID = "test-key-id"
        const val SECRET = "test-s3cr3t-of-the-account"
        const val INSTANCE_ID = "post-cn-0pp12gl****"
        private const val KEY_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_ID"
        private const val SECRET_VARIABLE = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        private val PROGRAM = System.getProperty("devcred.target") + "/debug/devcred"
    }
}

/** A server that takes one request, never answers it, and sees how its connection ends. */
class SilentServer : AutoCloseable {
    private val socket = ServerSocket(0, 50, InetAddress.getLoopbackAddress())

    /** Is there once a request has begun to arrive. */
    val asked = CompletableFuture<Unit>()

    /** Is there once the connection is closed. */
    val closed = CompletableFuture<Unit>()

    init {
        thread(isDaemon = true) {
            socket.accept().use { connection ->
                connection.getInputStream().read()
                asked.complete(Unit)
                while (connection.getInputStream().read() >= 0) continue
            }
            closed.complete(Unit)
        }
    }

    fun client() = Client {
        endpoint = "http://127.0.0.1:${socket.localPort}"
        accessKeyId = Emulator.KEY_ID
        accessKeySecret = Emulator.SECRET
        instanceId = Emulator.INSTANCE_ID
        timeout = kotlin.time.Duration.parse("1h")
        attemptTimeout = timeout
    }

    override fun close() = socket.close()
}
