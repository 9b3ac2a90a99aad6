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
