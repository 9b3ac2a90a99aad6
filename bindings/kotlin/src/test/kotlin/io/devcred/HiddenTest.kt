package io.devcred

import com.fasterxml.jackson.databind.MapperFeature
import com.fasterxml.jackson.databind.json.JsonMapper
import com.google.gson.GsonBuilder
import com.google.gson.JsonPrimitive
import com.google.gson.JsonSerializer
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.time.Instant
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class HiddenTest {
    @Test
    fun `no text contains a secret unless it was revealed`() = Emulator().use { emulator ->
        val options = emulator.options()
        Client(options).use { client ->
            val credential = client.blocking().getDeviceCredential(CLIENT_ID)
            val login = credential.mqttLogin()
            val error = assertThrows<DevcredException> { client.blocking().getDeviceCredential("") }
            val texts = listOf(options, client, client.blocking(), credential, login, error, error.stackTraceToString())
            val secrets = listOf(Emulator.SECRET, credential.deviceAccessKeySecret, login.password)
            for (text in texts.map { it.toString() } + listOf(credential, login).flatMap(::serialise)) {
                assertFalse(secrets.any { it in text }, text)
            }
            for (text in listOf("$credential", "$login")) assertTrue("<hidden: use reveal()>" in text, text)
        }
    }

    @Test
    fun `a revealed login can be serialised`() = Emulator().use { emulator ->
        emulator.client().use { client ->
            val login = client.blocking().getDeviceCredential(CLIENT_ID).mqttLogin()
            val (clientId, username, password) = listOf(login.clientId, login.username, login.password)
            val json = """{"clientId":"$clientId","username":"$username","password":"$password"}"""
            assertEquals(json, jackson.writeValueAsString(login.reveal()))
        }
    }

    @Test
    fun `a credential that was stored as JSON logs in without a request`() = Emulator().use { emulator ->
        val credential = emulator.client().use { it.blocking().getDeviceCredential(CLIENT_ID) }
        val stored = jackson.writeValueAsString(credential.reveal() + mapOf("storedAt" to "today"))
        @Suppress("UNCHECKED_CAST")
        val restored = DeviceCredential.fromRevealed(jackson.readValue(stored, Map::class.java) as Map<String, *>)
        assertEquals(credential, restored)
        assertEquals(credential.hashCode(), restored.hashCode())
        assertEquals(credential.mqttLogin().reveal(), restored.mqttLogin().reveal())
        val missing = assertThrows<IllegalArgumentException> { DeviceCredential.fromRevealed(credential.reveal() - "updateTimeMs") }
        assertEquals("updateTimeMs must be a number", missing.message)
    }

    @Test
    fun `equality leaves out the request id`() {
        val (time, secret) = Instant.ofEpochMilli(1) to "a-s3cr3t"
        val one = DeviceCredential(CLIENT_ID, "post-cn-test", "DC.id", secret, time, time)
        assertEquals(one, DeviceCredential(CLIENT_ID, "post-cn-test", "DC.id", secret, time, time, "a request"))
        assertNotEquals(one, DeviceCredential(CLIENT_ID, "post-cn-test", "DC.id", "another", time, time))
        assertEquals("DeviceCredential|DC.id|post-cn-test", one.mqttLogin().username)
        assertEquals("post-cn-test", MqttLogin("post-cn-test", "b", "c").clientId)
    }

    /** Frameworks that distribute work serialise exceptions. */
    @Test
    fun `an error survives Java's serialisation`() = Emulator().use { emulator ->
        emulator.client().use { client ->
            val error = assertThrows<DevcredException> { client.blocking().getDeviceCredential("") }
            val bytes = ByteArrayOutputStream().also { ObjectOutputStream(it).writeObject(error) }.toByteArray()
            val copy = ObjectInputStream(ByteArrayInputStream(bytes)).readObject() as DevcredException
            assertEquals("$error" to error.kind, "$copy" to copy.kind)
        }
    }

    private fun serialise(value: Any) = listOf(jackson.writeValueAsString(value), gson.toJson(value))

    // Both need to be configured for Instant. HTML escaping would hide a password, which contains
    // `=`, from the test.
    private val jackson = JsonMapper.builder().disable(MapperFeature.REQUIRE_HANDLERS_FOR_JAVA8_TIMES).build()
    private val gson = GsonBuilder().registerTypeAdapter(Instant::class.java, instantSerializer()).disableHtmlEscaping().create()

    private fun instantSerializer() = JsonSerializer<Instant> { time, _, _ -> JsonPrimitive("$time") }
}
