/** Kotlin's probe, in two forms: its calls suspend, or block a thread each. The protocol is in tests/README.md. */
package io.devcred.probe

import io.devcred.Client
import io.devcred.ClientOptions
import io.devcred.DevcredException
import io.devcred.DeviceCredential
import io.devcred.ErrorKind
import io.devcred.LogLevel
import io.devcred.Network
import io.devcred.Signature
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.runBlocking

fun main(arguments: Array<String>) {
    val all = if (arguments.single() == "blocking") ::blockingCalls else ::suspendingCalls
    val version = Client::class.java.`package`.implementationVersion
    println("probe=kotlin&version=$version&kinds=${ErrorKind.entries.joinToString("%2C")}")
    generateSequence(::readlnOrNull).forEach { line -> println(answer(Line.parse(line), all)) }
    held?.close()
}

/** How a call ended. */
sealed interface Ended {
    class Ok(val credential: DeviceCredential) : Ended

    class Failed(val error: DevcredException) : Ended

    object Cancelled : Ended
}

/** It stays open until the next line, so that nothing but the cancellation can end a cancelled call. */
private var held: Client? = null

/** All calls of a line, in the order in which they were begun. */
typealias Calls = suspend (client: Client, call: Line, meanwhile: Meanwhile) -> List<Ended>

private fun answer(call: Line, all: Calls) = Line().also { answer ->
    answer["case"] = call["case"]
    held?.close()
    held = null
    val ended = try {
        val options = options(call)
        val meanwhile = Meanwhile(call)
        val client = if (call["from_env"] == "true") Client.fromEnv(options) else Client(options)
        held = client
        answer["client_text"] = "$options\n$client"
        runBlocking { all(client, call, meanwhile) }.also { answer["key_refused"] = meanwhile.keyRefused }
    } catch (refused: DevcredException) {
        listOf(Ended.Failed(refused))
    }
    answer["ok"] = ended.count { it is Ended.Ok }
    answer["failed"] = ended.count { it !is Ended.Ok }
    tell(answer, ended.find { it !is Ended.Ok } ?: ended.first())
}

private fun options(call: Line) = ClientOptions().apply {
    log(LogLevel.Trace) { level, message -> System.err.println("devcred ${"$level".lowercase()} $message") }
    accessKeyId = call["access_key_id"]
    accessKeySecret = call["access_key_secret"]
    securityToken = call["security_token"]
    region = call["region"]
    network = call["network"]?.let { mapOf("public" to Network.Public, "vpc" to Network.Vpc).getValue(it) }
    endpoint = call["endpoint"]
    instanceId = call["instance_id"]
    signature = call["signature"]?.let {
        mapOf("acs3-hmac-sha256" to Signature.Acs3HmacSha256, "hmac-sha1" to Signature.HmacSha1).getValue(it)
    }
    timeout = call.long("timeout_ms")?.milliseconds
    attemptTimeout = call.long("attempt_timeout_ms")?.milliseconds
    connectTimeout = call.long("connect_timeout_ms")?.milliseconds
    maxAttempts = call.long("max_attempts")?.toInt()
    maxRequestsPerSecond = call.long("max_requests_per_second")?.toInt()
    rootCertificatesPem = call["root_certificates_pem"]
    proxy = call["proxy"]
}

private fun tell(answer: Line, ended: Ended) = when (ended) {
    is Ended.Cancelled -> answer["outcome"] = "cancelled"
    is Ended.Failed -> tellError(answer, ended.error)
    is Ended.Ok -> tellCredential(answer, ended.credential)
}

private fun tellError(answer: Line, error: DevcredException) {
    answer["outcome"] = "error"
    answer["text"] = "$error\n${error.stackTraceToString()}"
    answer["kind"] = error.kind
    answer["code"] = error.code
    answer["message"] = error.message
    answer["http_status"] = error.httpStatus
    answer["request_id"] = error.requestId
    answer["retryable"] = error.retryable
    answer["attempts"] = error.attempts
    answer["help_url"] = error.helpUrl
    answer["advice"] = error.advice
}

private fun tellCredential(answer: Line, credential: DeviceCredential) {
    val login = credential.mqttLogin()
    answer["outcome"] = "ok"
    answer["text"] = "$credential\n$login"
    answer["client_id"] = credential.clientId
    answer["instance_id"] = credential.instanceId
    answer["device_access_key_id"] = credential.deviceAccessKeyId
    answer["device_access_key_secret"] = credential.deviceAccessKeySecret
    answer["request_id"] = credential.requestId
    answer["create_time_ms"] = credential.createTime.toEpochMilli()
    answer["update_time_ms"] = credential.updateTime.toEpochMilli()
    answer["mqtt_client_id"] = login.clientId
    answer["mqtt_username"] = login.username
    answer["mqtt_password"] = login.password
}
