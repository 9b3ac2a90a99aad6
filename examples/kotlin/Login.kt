/**
 * Requests the MQTT login of one device from your own server, as an app does. The app contains
 * neither an AccessKey nor devcred: the server knows from the token who the user is and which
 * device belongs to the user, and calls devcred.
 *
 * The first argument is the server's URL. The variable APP_TOKEN is the token that the server
 * issued when the user signed in. examples/python and examples/node contain such a server.
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

/**
 * What the device sends in CONNECT. It is valid until the credential is refreshed or unregistered,
 * so store it where the system keeps secrets.
 */
class Login(val clientId: String, val username: String, val password: String) {
    override fun toString() = "Login($clientId, $username, <hidden>)"
}

/**
 * Requests the login. Call it once and store the result, because each success is billed. Call it
 * again only if the broker refuses the login.
 */
suspend fun fetchLogin(server: URI, token: String): Login {
    val request = HttpRequest.newBuilder(server.resolve("/mqtt-login"))
        .header("Authorization", "Bearer $token")
        .timeout(Duration.ofSeconds(20))
        .POST(BodyPublishers.noBody())
        .build()
    val response = HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofString()).await()
    check(response.statusCode() == 200) { "the server returned status ${response.statusCode()}" }
    return Gson().fromJson(response.body(), Login::class.java)
}

suspend fun main(arguments: Array<String>) {
    try {
        val login = fetchLogin(URI(arguments[0]), System.getenv("APP_TOKEN"))
        println(login.username) // login.password goes into CONNECT
    } catch (error: Exception) {
        System.err.println(error.message)
        exitProcess(1)
    }
}
