/** Kotlin's probe, in two forms: calls suspend, or each blocks a thread. tests/README.md describes the protocol. */
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
    val calls = if (arguments.single() == "blocking") ::blockingCalls else ::suspendingCalls
    val version = Client::class.java.`package`.implementationVersion
    println("probe=kotlin&version=$version&kinds=${ErrorKind.entries.joinToString("%2C")}")
    generateSequence(::readlnOrNull).forEach { line -> println(report(Line.parse(line), calls)) }
    openClient?.close()
}

/** How a call ended. */
sealed interface Outcome {
    class Ok(val credential: DeviceCredential) : Outcome

    class Failed(val error: DevcredException) : Outcome

    object Cancelled : Outcome
}

/** It stays open until the next line, so that only the cancellation can end a cancelled call. */
private var openClient: Client? = null

/** Makes the calls of a line and returns their outcomes in the order in which they were started. */
typealias Calls = suspend (client: Client, call: Line, firstRound: FirstRound) -> List<Outcome>

private fun report(call: Line, calls: Calls) = Line().also { report ->
    report["case"] = call["case"]
    openClient?.close()
    openClient = null
    val outcomes = try {
        val options = options(call)
        val firstRound = FirstRound(call)
        val client = if (call["from_env"] == "true") Client.fromEnv(options) else Client(options)
        openClient = client
        report["client_text"] = "$options\n$client"
        runBlocking { calls(client, call, firstRound) }.map { restored(it, call["restore"]) }.also { report["key_refused"] = firstRound.keyRefused }
    } catch (error: DevcredException) {
        listOf(Outcome.Failed(error))
    }
    report["ok"] = outcomes.count { it is Outcome.Ok }
    report["failed"] = outcomes.count { it !is Outcome.Ok }
    addOutcome(report, outcomes.find { it !is Outcome.Ok } ?: outcomes.first())
}

/** Restores the credential from its revealed form, with a hidden secret if the call says so. Java has no JSON. */
private fun restored(outcome: Outcome, form: String?): Outcome {
    if (outcome !is Outcome.Ok || form == null) return outcome
    val masked = if (form == "masked") mapOf("deviceAccessKeySecret" to "<hidden: use reveal()>") else emptyMap()
    return try {
        val restored = DeviceCredential.fromRevealed(outcome.credential.reveal() + masked)
        check(restored == outcome.credential) { "another credential was restored" }
        Outcome.Ok(restored)
    } catch (error: DevcredException) {
        Outcome.Failed(error)
    }
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
    maxConnections = call.long("max_connections")?.toInt()
    maxConnecting = call.long("max_connecting")?.toInt()
    maxRequestsPerSecond = call.long("max_requests_per_second")?.toInt()
    rootCertificatesPem = call["root_certificates_pem"]
    proxy = call["proxy"]
}

private fun addOutcome(report: Line, outcome: Outcome) = when (outcome) {
    is Outcome.Cancelled -> report["outcome"] = "cancelled"
    is Outcome.Failed -> addError(report, outcome.error)
    is Outcome.Ok -> addCredential(report, outcome.credential)
}

private fun addError(report: Line, error: DevcredException) {
    report["outcome"] = "error"
    report["text"] = "$error\n${error.stackTraceToString()}"
    report["kind"] = error.kind
    report["code"] = error.code
    report["message"] = error.errorMessage
    report["client_id"] = error.clientId
    report["instance_id"] = error.instanceId
    report["http_status"] = error.httpStatus
    report["request_id"] = error.requestId
    report["retryable"] = error.retryable
    report["possibly_billed"] = error.possiblyBilled
    report["retry_after_ms"] = error.retryAfter?.toMillis()
    report["attempts"] = error.attempts
    report["help_url"] = error.helpUrl
    report["advice"] = error.advice
}

private fun addCredential(report: Line, credential: DeviceCredential) {
    val login = credential.mqttLogin()
    report["outcome"] = "ok"
    report["text"] = "$credential\n$login"
    report["client_id"] = credential.clientId
    report["instance_id"] = credential.instanceId
    report["device_access_key_id"] = credential.deviceAccessKeyId
    report["device_access_key_secret"] = credential.deviceAccessKeySecret
    report["request_id"] = credential.requestId
    report["create_time_ms"] = credential.createTime.toEpochMilli()
    report["update_time_ms"] = credential.updateTime.toEpochMilli()
    report["mqtt_client_id"] = login.clientId
    report["mqtt_username"] = login.username
    report["mqtt_password"] = login.password
}
