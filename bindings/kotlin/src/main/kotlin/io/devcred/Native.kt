package io.devcred

import io.devcred.internal.Fields
import io.devcred.internal.NativeCredential
import io.devcred.internal.NativeError
import io.devcred.internal.NativeLibrary
import io.devcred.internal.NativeListener
import io.devcred.internal.number
import io.devcred.internal.optionalNumber
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.CancellationException
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.time.Duration
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers

internal class Listener(private val complete: (Outcome) -> Unit) : NativeListener {
    override fun completed(outcome: Any?) = catchAll { complete(Outcome(outcome)) }
}

/** How a call ended, as [NativeListener] receives it, read on the thread that waits for it. */
internal class Outcome(private val value: Any?) {
    fun credential(): DeviceCredential = DeviceCredential(native())

    fun native(): NativeCredential = when (value) {
        is ByteArray -> NativeCredential(value)
        is Array<*> -> throw NativeError(Fields(value)).toException()
        is Throwable -> throw value
        else -> throw CancellationException("the call was cancelled")
    }
}

/** Runs code that the library calls, where nothing may be thrown. */
internal inline fun catchAll(body: () -> Unit) {
    try {
        body()
    } catch (_: InterruptedException) {
        // Ends a blocking call on this thread.
        Thread.currentThread().interrupt()
    } catch (thrown: Throwable) {
        val thread = Thread.currentThread()
        thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
    }
}

/**
 * Resumes a coroutine, but never on the calling thread, which is the library's: it runs all calls
 * of the process, and a coroutine may block its thread. Without a dispatcher, and with one that
 * does not dispatch such as [Dispatchers.Unconfined], the coroutine resumes on the default one.
 */
internal fun <T> CancellableContinuation<T>.resumeElsewhere(value: T) {
    val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
    if (dispatcher != null && dispatcher.isDispatchNeeded(context)) {
        resume(value)
    } else {
        Dispatchers.Default.dispatch(EmptyCoroutineContext) { resume(value) }
    }
}

/** Returns the fields of the bridge's `Request`, in the order of its table. */
internal fun request(operation: String, clientId: String, instanceId: String?, timeout: Duration?): Array<Any?> = arrayOf(
    operation.toByteArray(UTF_8),
    utf8("clientId", clientId),
    optionalUtf8("instanceId", instanceId),
    optionalNumber(timeout?.inWholeMilliseconds),
)

/** Creates a credential without a request. The fields are those of the bridge's `RevealedCredential`. */
internal fun restore(
    clientId: String,
    instanceId: String,
    deviceAccessKeyId: String,
    deviceAccessKeySecret: String,
    createTimeMs: Long,
    updateTimeMs: Long,
    requestId: String,
): NativeCredential {
    NativeLibrary.ensureLoaded()
    val fields = arrayOf<Any?>(
        utf8("clientId", clientId),
        utf8("instanceId", instanceId),
        utf8("deviceAccessKeyId", deviceAccessKeyId),
        utf8("deviceAccessKeySecret", deviceAccessKeySecret),
        number(createTimeMs),
        number(updateTimeMs),
        utf8("requestId", requestId),
    )
    return Outcome(NativeLibrary.restore(fields)).native()
}

/** Refuses a text with a lone surrogate: converted to UTF-8, it would be another text. */
internal fun utf8(name: String, text: String): ByteArray {
    val bytes = text.toByteArray(UTF_8)
    if (String(bytes, UTF_8) != text) {
        throw NativeError(Fields(NativeLibrary.notUnicode(name.toByteArray(UTF_8)))).toException()
    }
    return bytes
}

internal fun optionalUtf8(name: String, text: String?): ByteArray? = text?.let { utf8(name, it) }
