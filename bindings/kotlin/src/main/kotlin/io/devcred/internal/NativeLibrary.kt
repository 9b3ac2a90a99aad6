package io.devcred.internal

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path

/**
 * The native library, `bindings/jni`: loaded once. If that fails, each use throws the same error.
 *
 * A text crosses as UTF-8, a number or boolean as an array of one, and a record as an array of its
 * fields in the order of the bridge's table.
 */
internal object NativeLibrary {
    /** The version of the library that this code calls. */
    private const val VERSION = "0.1.0"

    private val failure = try {
        load()
        val loaded = version().decodeToString()
        if (loaded == VERSION) null else UnsatisfiedLinkError("the library is version $loaded, this is version $VERSION")
    } catch (thrown: UnsatisfiedLinkError) {
        thrown
    }

    fun ensureLoaded() {
        if (failure == null) return
        val why = "devcred cannot load its native library for $PLATFORM. Either the jar does not contain it or is of another " +
            "version, or the temporary folder does not allow running libraries; set another one with -Djava.io.tmpdir"
        throw UnsatisfiedLinkError(why).apply { initCause(failure) }
    }

    @JvmStatic
    private external fun version(): ByteArray

    /** Returns the pointer to a client as an array of one, or the error. */
    @JvmStatic
    external fun open(options: Array<Any?>, logLevel: ByteArray, log: NativeLog?): Any

    @JvmStatic
    external fun free(client: Long)

    @JvmStatic
    external fun notUnicode(name: ByteArray): Array<Any?>

    @JvmStatic
    external fun refuseBlocking(): Array<Any?>?
}

private const val NAME = "devcred_jni"

private val PLATFORM = run {
    val os = System.getProperty("os.name")
    val names = mapOf("Linux" to "linux", "Mac" to "darwin", "Windows" to "windows")
    val name = names.entries.find { os.startsWith(it.key) }?.value ?: os
    val processor = System.getProperty("os.arch")
    "$name-${if (processor == "amd64") "x86_64" else processor}"
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
    val name = System.mapLibraryName(NAME)
    val failures = listOf("java.io.tmpdir", "user.home").mapNotNull { parent ->
        try {
            val library = NativeLibrary::class.java.getResourceAsStream("/io/devcred/native/$PLATFORM/$name")
                ?: throw UnsatisfiedLinkError("the jar does not contain the library")
            library.use { loadFrom(File(System.getProperty(parent)).toPath(), name, it) }
            return
        } catch (thrown: IOException) {
            UnsatisfiedLinkError(thrown.toString())
        } catch (thrown: UnsatisfiedLinkError) {
            thrown
        }
    }
    throw failures.first()
}

/**
 * Loads the library from a new folder below [parent]. Only this user may enter the folder, and its
 * name cannot be guessed, so that no one else can replace the file.
 */
private fun loadFrom(parent: Path, name: String, library: InputStream) {
    val folder = Files.createTempDirectory(parent, "devcred")
    val file = folder.resolve(name)
    try {
        Files.copy(library, file)
        System.load(file.toString())
    } finally {
        // Windows does not delete a library that is in use.
        for (path in listOf(file, folder)) if (!path.toFile().delete()) path.toFile().deleteOnExit()
    }
}
