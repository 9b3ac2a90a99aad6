/**
 * The records of the bridge. The order of their properties is that of the fields in
 * `crates/devcred-bridge/src`: required ones, then optional ones.
 */
package io.devcred.internal

import java.nio.charset.StandardCharsets.UTF_8

/** Reads the fields of a record, one after the other. */
internal class Fields(private val values: Array<*>) {
    private var next = 0

    fun optionalText(): String? = (values[next++] as ByteArray?)?.let { String(it, UTF_8) }

    fun text(): String = optionalText()!!

    fun optionalNumber(): Long? = (values[next++] as LongArray?)?.get(0)

    fun number(): Long = optionalNumber()!!

    fun boolean(): Boolean = number() != 0L
}

/** A credential and its login. In [utf8], each field is on a line. */
internal class NativeCredential(private val utf8: ByteArray) {
    private var next = 0

    val clientId = line()
    val instanceId = line()
    val deviceAccessKeyId = line()
    val deviceAccessKeySecret = line()
    val createTimeMs = line().toLong()
    val updateTimeMs = line().toLong()
    val requestId = line()
    val username = line()
    val password = line()

    private fun line(): String {
        val start = next
        while (next < utf8.size && utf8[next] != LINE_FEED) next++
        return String(utf8, start, next++ - start, UTF_8)
    }

    private companion object {
        private const val LINE_FEED = '\n'.code.toByte()
    }
}

internal class NativeError(fields: Fields) {
    val kind = fields.text()
    val message = fields.text()
    val retryable = fields.boolean()
    val possiblyBilled = fields.boolean()
    val attempts = fields.number()

    init {
        // The text for people, which the exception composes of the other fields.
        fields.text()
    }

    val clientId = fields.optionalText()
    val instanceId = fields.optionalText()
    val code = fields.optionalText()
    val httpStatus = fields.optionalNumber()
    val requestId = fields.optionalText()
    val retryAfterMs = fields.optionalNumber()
    val helpUrl = fields.optionalText()
    val advice = fields.optionalText()
}

/** A number or boolean as the native library reads it. */
internal fun number(value: Long): LongArray = longArrayOf(value)

internal fun optionalNumber(value: Long?): LongArray? = value?.let(::number)
