/**
 * Prints the MQTT user name of a device, and fetches its credential only the first time: after a
 * restart the program reads it from a file and makes no request.
 *
 * The arguments are the client id and the file. The AccessKey, the region and the instance come
 * from the environment, as docs/reference.md describes; a restart needs none of them.
 */
package examples.restart

import com.google.gson.Gson
import io.devcred.Client
import io.devcred.DevcredException
import io.devcred.DeviceCredential
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.system.exitProcess

suspend fun main(arguments: Array<String>) {
    val (clientId, file) = arguments
    try {
        val credential = load(Path.of(file)) ?: fetch(clientId).also { store(it, Path.of(file)) }
        println(credential.mqttLogin().username)
    } catch (error: DevcredException) {
        System.err.println(error.message)
        exitProcess(1)
    }
}

private suspend fun fetch(clientId: String) = Client.fromEnv().use { it.getDeviceCredential(clientId) }

/** Stores the credential with its readable secret, in a file that only this user may read. */
private fun store(credential: DeviceCredential, file: Path) {
    Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
    Files.writeString(file, Gson().toJson(credential.reveal()))
}

private fun load(file: Path): DeviceCredential? {
    if (Files.notExists(file)) return null
    @Suppress("UNCHECKED_CAST")
    return DeviceCredential.fromRevealed(Gson().fromJson(Files.readString(file), Map::class.java) as Map<String, *>)
}
