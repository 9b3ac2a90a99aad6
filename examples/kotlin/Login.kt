/**
 * In an app: asks your own server for the login of one device. There is no AccessKey in the app, and no devcred: the server
 * knows by the token whose app this is, and which device belongs to them, and calls devcred.
 *
 * The first argument is the server's URL; APP_TOKEN is the token that the server gave when the user signed in. examples/python
 * and examples/node have such a server.
 */
package examples.login

import com.google.gson.Gson
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import kotlin.system.exitProcess
import kotlinx.coroutines.future.await

/** What the device sends in CONNECT. It holds until the device is registered anew: keep it where the system keeps secrets. */
class Login(val clientId: String, val username: String, val password: String) {
    override fun toString() = "Login($clientId, $username, <hidden>)"
}

/** Asks again at the next start, and where the broker refuses the login, but not at every connection. */
suspend fun fetchLogin(server: URI, token: String): Login {
    val request = HttpRequest.newBuilder(server.resolve("/mqtt-login"))
        .header("Authorization", "Bearer $token")
        .timeout(Duration.ofSeconds(20))
        .POST(BodyPublishers.noBody())
        .build()
    val answer = HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofString()).await()
    check(answer.statusCode() == 200) { "the server answers with status ${answer.statusCode()}" }
    return Gson().fromJson(answer.body(), Login::class.java)
}

suspend fun main(arguments: Array<String>) {
    try {
        val login = fetchLogin(URI(arguments[0]), System.getenv("APP_TOKEN"))
        println(login.username) // login.password goes into CONNECT
    } catch (failed: Exception) {
        System.err.println(failed.message)
        exitProcess(1)
    }
}
