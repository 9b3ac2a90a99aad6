package io.devcred.internal

import java.io.File
import java.io.FileOutputStream
import java.io.InputStream
import java.io.OutputStream
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.FileAlreadyExistsException
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermission.OWNER_EXECUTE
import java.nio.file.attribute.PosixFilePermission.OWNER_READ
import java.nio.file.attribute.PosixFilePermission.OWNER_WRITE
import java.nio.file.attribute.PosixFilePermissions
import java.util.EnumSet

/**
 * The native library, `bindings/jni`: loaded once. If that fails, each use throws the same error.
 *
 * A text crosses as UTF-8, a number or boolean as an array of one, and a record as an array of its
 * fields in the order of the bridge's table.
 *
 * A program that makes one call spends much of its time here. This file uses Java's own functions,
 * because the first use of Kotlin's for texts or collections loads megabytes of bytecode, and not
 * `createTempDirectory`, which starts Java's security providers.
 */
internal object NativeLibrary {
    /** The version of the library that this code calls. */
    const val VERSION = "0.1.0"

    private val failure: Failure? = try {
        load()
        val loaded = String(version(), UTF_8)
        if (loaded == VERSION) null else Failure(otherVersion(loaded), null)
    } catch (thrown: Throwable) {
        Failure(cannotLoad(), thrown)
    }

    /** Throws a new error each time, whose stack trace names the caller. */
    fun ensureLoaded() {
        if (failure != null) throw UnsatisfiedLinkError(failure.why).apply { initCause(failure.cause) }
    }

    private class Failure(val why: String, val cause: Throwable?)

    private fun cannotLoad() =
        "devcred cannot load its native library for ${platform()}. Either the jar does not contain it or it is of another " +
            "version, or the temporary folder does not allow running libraries; set another one with -Djava.io.tmpdir"

    private fun otherVersion(loaded: String) =
        "the native library of devcred is version $loaded, but its jar is version $VERSION: use the library of version $VERSION. " +
            "The library is the file that -Ddevcred.library names, or the one in the jar, or on Android the one of the app"

    @JvmStatic
    private external fun version(): ByteArray

    /** Returns the pointer to a client as an array of one, or the error. */
    @JvmStatic
    external fun open(options: Array<Any?>, logLevel: ByteArray, log: NativeLog?): Any

    @JvmStatic
    external fun free(client: Long)

    /** Detaches the thread of the library from the JVM, which is ending. */
    @JvmStatic
    external fun end()

    /** Creates a credential of the fields of a `RevealedCredential`, and returns what [NativeListener] receives. */
    @JvmStatic
    external fun restore(revealed: Array<Any?>): Any

    @JvmStatic
    external fun notUnicode(name: ByteArray): Array<Any?>

    @JvmStatic
    external fun refuseBlocking(): Array<Any?>?
}

private const val NAME = "devcred_jni"

/** Returns the name of this platform, and of the folder of its library in the jar. */
private fun platform(): String {
    val os = when (val name = System.getProperty("os.name")) {
        "Linux" -> "linux"
        "Mac OS X" -> "darwin"
        else -> if (File.separatorChar == '\\') "windows" else name
    }
    val processor = System.getProperty("os.arch")
    return "$os-${if (processor == "amd64") "x86_64" else processor}"
}

private fun load() {
    val file = System.getProperty("devcred.library")
    when {
        file != null -> System.load(file)
        // Android unpacks the libraries of an app.
        System.getProperty("java.vm.name") == "Dalvik" -> System.loadLibrary(NAME)
        else -> loadFromJar()
    }
}

private fun loadFromJar() {
    try {
        loadFromJar("java.io.tmpdir")
    } catch (first: Throwable) {
        try {
            loadFromJar("user.home")
        } catch (_: Throwable) {
            throw first
        }
    }
}

/** Loads the library from a new folder below that of a system property. */
private fun loadFromJar(property: String) {
    val name = System.mapLibraryName(NAME)
    val library = NativeLibrary::class.java.getResourceAsStream("/io/devcred/native/${platform()}/$name")
        ?: throw UnsatisfiedLinkError("the jar does not contain the library")
    library.use { loadFrom(File(System.getProperty(property)).toPath(), name, it) }
}

private fun loadFrom(parent: Path, name: String, library: InputStream) {
    val folder = makeFolder(parent)
    val file = File(folder, name)
    try {
        FileOutputStream(file).use { copy(library, it) }
        System.load(file.absolutePath)
    } finally {
        // Windows does not delete a library that is in use.
        for (path in arrayOf(file, folder)) if (!path.delete()) path.deleteOnExit()
    }
}

/** Makes a folder that only this user may enter, so that no one else can replace the file in it. */
private fun makeFolder(parent: Path): File {
    // Windows has no such permissions, and a temporary folder for each user.
    val isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
    val owner = PosixFilePermissions.asFileAttribute(EnumSet.of(OWNER_READ, OWNER_WRITE, OWNER_EXECUTE))
    while (true) {
        try {
            val folder = parent.resolve("devcred" + System.nanoTime())
            return (if (isPosix) Files.createDirectory(folder, owner) else Files.createDirectory(folder)).toFile()
        } catch (_: FileAlreadyExistsException) {
            // Another process began in the same nanosecond.
        }
    }
}

private fun copy(from: InputStream, to: OutputStream) {
    val buffer = ByteArray(1 shl 16)
    while (true) {
        val length = from.read(buffer)
        if (length < 0) return
        to.write(buffer, 0, length)
    }
}
