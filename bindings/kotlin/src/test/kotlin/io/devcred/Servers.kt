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

/** How long a test waits for something that must happen, in seconds. */
const val LIMIT_S = 30L

const val CLIENT_ID = "GID_test@@@test"

fun <T> CompletableFuture<T>.awaitResult(): T = get(LIMIT_S, TimeUnit.SECONDS)

/** A process of `devcred emulator`. */
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

    /** Returns the journal of the emulator, as JSON. */
    fun journal(): String {
        val request = HttpRequest.newBuilder(URI("$endpoint/_devcred/calls")).build()
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body()
    }

    /** The environment variables for a program that uses `Client.fromEnv`. */
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

/** A server that accepts one request, never responds, and notices when the connection is closed. */
class SilentServer : AutoCloseable {
    private val socket = ServerSocket(0, 50, InetAddress.getLoopbackAddress())

    /** Completes when the first byte of a request has arrived. */
    val requested = CompletableFuture<Unit>()

    /** Completes when the client has closed the connection. */
    val closed = CompletableFuture<Unit>()

    init {
        thread(isDaemon = true) {
            socket.accept().use { connection ->
                connection.getInputStream().read()
                requested.complete(Unit)
                while (connection.getInputStream().read() >= 0) continue
            }
            closed.complete(Unit)
        }
    }

    fun client(configure: ClientOptions.() -> Unit = {}) = Client {
        endpoint = "http://127.0.0.1:${socket.localPort}"
        accessKeyId = Emulator.KEY_ID
        accessKeySecret = Emulator.SECRET
        instanceId = Emulator.INSTANCE_ID
        timeout = kotlin.time.Duration.parse("1h")
        attemptTimeout = timeout
        configure()
    }

    override fun close() = socket.close()
}
