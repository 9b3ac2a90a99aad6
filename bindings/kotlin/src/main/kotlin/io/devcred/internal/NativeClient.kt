package io.devcred.internal

import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.nio.charset.StandardCharsets.UTF_8
import java.util.Collections
import java.util.concurrent.ConcurrentHashMap

/**
 * A client of the native library, which is freed when no object refers to it. The JVM keeps an
 * object while one of its native functions is running, so these are not static.
 */
internal class NativeClient private constructor(private val pointer: Long) {
    /** Starts a call and returns its number. The listener may receive the outcome before this returns. */
    fun start(request: Array<Any?>, listener: NativeListener): Long {
        EndOfJvm.watch()
        return startCall(pointer, request, listener)
    }

    /** Makes a call on this thread and returns what [NativeListener] receives, or null if the thread was interrupted. */
    fun call(request: Array<Any?>): Any? = makeCall(pointer, request, Thread.currentThread())

    /** Cancels a call, unless it has ended. */
    fun cancel(call: Long) = cancelCall(pointer, call)

    /** Replaces the AccessKey, or returns why not. */
    fun setAccessKey(id: ByteArray, secret: ByteArray, securityToken: ByteArray?): NativeError? =
        replaceAccessKey(pointer, id, secret, securityToken)?.let { NativeError(Fields(it)) }

    fun close() = closeClient(pointer)

    private external fun startCall(pointer: Long, request: Array<Any?>, listener: NativeListener): Long

    private external fun makeCall(pointer: Long, request: Array<Any?>, thread: Thread): Any?

    private external fun cancelCall(pointer: Long, call: Long)

    private external fun replaceAccessKey(pointer: Long, id: ByteArray, secret: ByteArray, securityToken: ByteArray?): Array<Any?>?

    private external fun closeClient(pointer: Long)

    private class ClientReference(client: NativeClient, val pointer: Long) : PhantomReference<NativeClient>(client, UNREACHABLE)

    companion object {
        private val UNREACHABLE = ReferenceQueue<NativeClient>()
        private val REFERENCES: MutableSet<ClientReference> = Collections.newSetFromMap(ConcurrentHashMap())

        /** Opens a client, or throws what [refuse] makes of the error. */
        fun open(options: Array<Any?>, logLevel: String, log: NativeLog?, refuse: (NativeError) -> Throwable): NativeClient {
            freeUnreachable()
            val opened = NativeLibrary.open(options, logLevel.toByteArray(UTF_8), log)
            if (opened !is LongArray) throw refuse(NativeError(Fields(opened as Array<*>)))
            val (pointer) = opened
            return NativeClient(pointer).also { REFERENCES += ClientReference(it, pointer) }
        }

        /** Each new client frees those that are unreachable. A `Cleaner` would need a thread, and Android 13. */
        private fun freeUnreachable() {
            while (true) {
                val reference = UNREACHABLE.poll() as ClientReference? ?: return
                REFERENCES -= reference
                NativeLibrary.free(reference.pointer)
            }
        }
    }
}

/** Detaches the thread of the library when the JVM ends, which would otherwise wait for it. */
private object EndOfJvm : Thread() {
    init {
        try {
            Runtime.getRuntime().addShutdownHook(this)
        } catch (_: IllegalStateException) {
            // The JVM is already ending.
            NativeLibrary.end()
        }
    }

    /** The first use of this object has done what there is to do. */
    fun watch() = Unit

    override fun run() = NativeLibrary.end()
}

/** Receives the outcome of a call, exactly once, on a thread of the library. It must return soon. */
internal fun interface NativeListener {
    /**
     * Receives the text of a credential as UTF-8, the fields of an error as an array, what the JVM
     * has thrown, or null if the call was cancelled.
     */
    fun completed(outcome: Any?)
}

/** Receives the events of a client, on the thread of a blocking call or on that of the library, while the call waits for it. */
internal fun interface NativeLog {
    fun event(level: ByteArray, message: ByteArray)
}
