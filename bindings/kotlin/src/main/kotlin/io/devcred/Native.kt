package io.devcred

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import com.sun.jna.Platform
import io.devcred.internal.NativeListener
import io.devcred.internal.NativeOutcome
import io.devcred.internal.NativeRequest
import io.devcred.internal.UniffiLib
import io.devcred.internal.notUnicode
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

    override fun completed(outcome: NativeOutcome) = catchAll {
        Threads.callEnded()
        complete(outcome)
    }
}

/** The native library: loaded once. If that fails, each use throws the same error. */
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
 * The thread of the library stays attached to the JVM while calls run, because attaching it for
 * each outcome costs more than the call. It detaches with the last call, because the JVM waits 0.3
 * seconds at exit for an attached thread in native code.
 *
 * It is a daemon thread. JNA reads this setting when the callbacks are registered, at load time.
 */
internal object Threads {
    private val running = AtomicInteger()

    /** Call this before the library is loaded. */
    fun prepare() {
        val stay = CallbackThreadInitializer(true, false, "devcred")
        Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeListener.completed, stay)
        Native.setCallbackThreadInitializer(uniffiCallbackInterfaceNativeLog.event, stay)
    }

    fun callBegins() {
        running.incrementAndGet()
    }

    /** Call this on the thread on which the outcome arrives: JNA detaches the calling thread. */
    fun callEnded() = Native.detach(running.decrementAndGet() == 0)
}

/** Runs code on a thread of the library, where nothing may be thrown. */
internal inline fun catchAll(body: () -> Unit) {
    try {
        body()
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

internal fun request(operation: String, clientId: String, instanceId: String?, timeout: Duration?) = NativeRequest(
    operation = operation,
    clientId = wellFormed("clientId", clientId),
    instanceId = wellFormed("instanceId", instanceId),
    timeoutMs = timeout?.inWholeMilliseconds,
)

internal fun NativeOutcome.credential(): DeviceCredential = when (this) {
    is NativeOutcome.Ok -> DeviceCredential(credential)
    is NativeOutcome.Failed -> throw DevcredException(error)
    NativeOutcome.Cancelled -> throw CancellationException("the call was cancelled")
}

/** Returns the text, unless it contains a lone surrogate: converted to UTF-8, it would be another text. */
internal fun <T : String?> wellFormed(name: String, text: T): T {
    if (text != null && !Charsets.UTF_8.newEncoder().canEncode(text)) {
        throw DevcredException(notUnicode(name))
    }
    return text
}
