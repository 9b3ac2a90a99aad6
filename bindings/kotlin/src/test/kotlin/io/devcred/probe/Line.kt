package io.devcred.probe

import java.net.URLDecoder
import java.net.URLEncoder

/** A line of the protocol of the shared suite: `key=value` pairs, every value percent-encoded. */
class Line {
    private val values = linkedMapOf<String, String>()

    operator fun get(key: String): String? = values[key]

    /** Leaves out a key without a value. */
    operator fun set(key: String, value: Any?) {
        if (value != null) values[key] = value.toString()
    }

    fun long(key: String): Long? = this[key]?.toLong()

    override fun toString() = values.entries.joinToString("&") { (key, value) -> "$key=${encode(value)}" }

    companion object {
        fun parse(text: String) = Line().apply {
            for (pair in text.split('&')) {
                val (key, value) = pair.split('=', limit = 2)
                values[key] = URLDecoder.decode(value, Charsets.UTF_8)
            }
        }

        /** Java encodes as for HTML forms, which differs in three characters. */
        private fun encode(value: String) =
            URLEncoder.encode(value, Charsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")
    }
}
