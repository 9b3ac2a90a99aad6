package io.devcred

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import com.sun.jna.Platform
import io.devcred.internal.NativeListener
import io.devcred.internal.NativeOutcome
import io.devcred.internal.NativeRequest
import io.devcred.internal.UniffiLib
import io.devcred.internal.invalidParameter
import io.devcred.internal.uniffiCallbackInterfaceNativeListener
import io.devcred.internal.uniffiCallbackInterfaceNativeLog
import java.util.concurrent.CancellationException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.time.Duration
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers

internal class Listener(private val complete: (NativeOutcome) -> Unit) : NativeListener {
    init {
        Threads.callBegins()
    }

    override fun completed(outcome: NativeOutcome) = contained {
        Threads.callEnded()
        complete(outcome)
    }
}

/** The native library: loaded once, and refused in the same words each time where that fails. */
internal object Library {
    private val failure = try {
        Threads.prepare()
        UniffiLib.ensureInitialized()
        null
    } catch (thrown: UnsatisfiedLinkError) {
        thrown
    }

    fun ensureLoaded() {
        if (failure == null) return
        val why = "devcred cannot load its native library for ${Platform.RESOURCE_PREFIX}. Either the jar does not contain it, " +
            "or the temporary folder does not allow running libraries; set another one with -Djna.tmpdir"
        throw UnsatisfiedLinkError(why).apply { initCause(failure) }
    }
}

/**
 * A thread of the library stays in the JVM while calls run: to enter for each outcome and leave afterwards costs more than the
 * call. It leaves with the last one, since the JVM waits for 0.3 seconds at its end where a thread that stays
 * is in native code.
 *
 * It does not keep the JVM from its end. JNA asks when it is told the callbacks: as the library is loaded.
 */
internal object Threads {
    private val running = AtomicInteger()

    /** To be called before the library is loaded. */
    fun prepare() {
        val stay = CallbackThreadInitializer(true, false, "devcred")
        Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeListener.completed, stay)
        Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeLog.event, stay)
    }

    fun callBegins() {
        running.incrementAndGet()
    }

    /** To be called where the outcome arrives: what is said to JNA is about this thread. */
    fun callEnded() = Native.detach(running.decrementAndGet() == 0)
}

/** Runs what a thread of the library calls: nothing may be thrown there. */
internal inline fun contained(body: () -> Unit) {
    try {
        body()
    } catch (thrown: Throwable) {
        val thread = Thread.currentThread()
        thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
    }
}

/**
 * Continues a coroutine, but never on the thread that calls this, which is the library's: it has two for all
 * calls of the process, and a coroutine may block its thread. Without a dispatcher, and with one that
 * dispatches nothing such as [Dispatchers.Unconfined], it continues on the default one.
 */
internal fun <T> CancellableContinuation<T>.resumeElsewhere(value: T) {
    val dispatcher = context[ContinuationInterceptor] as? CoroutineDispatcher
    if (dispatcher != null && dispatcher.isDispatchNeeded(context)) {
        resume(value)
    } else {
        Dispatchers.Default.dispatch(EmptyCoroutineContext) { resume(value) }
    }
}

internal fun request(clientId: String, instanceId: String?, timeout: Duration?) = NativeRequest(
    wellFormed("clientId", clientId),
    wellFormed("instanceId", instanceId),
    timeout?.inWholeMilliseconds,
)

internal fun NativeOutcome.credential(): DeviceCredential = when (this) {
    is NativeOutcome.Ok -> DeviceCredential(credential)
    is NativeOutcome.Failed -> throw DevcredException(error)
    NativeOutcome.Cancelled -> throw CancellationException("the call was cancelled")
}

/** The text, unless half of a surrogate pair stands alone in it: on its way to UTF-8 it would become another text. */
internal fun <T : String?> wellFormed(name: String, text: T): T {
    if (text != null && !Charsets.UTF_8.newEncoder().canEncode(text)) {
        val why = "$name is not valid Unicode: it contains a lone surrogate"
        throw DevcredException(invalidParameter(why))
    }
    return text
}
