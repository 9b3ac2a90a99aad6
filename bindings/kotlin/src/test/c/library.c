/* A native library for LibraryTest: it is version VERSION and, if MISSING_CLASS is defined, expects a
   class that the jar does not have. */
#include <jni.h>

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved) {
    (void)reserved;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) != JNI_OK) {
        return JNI_ERR;
    }
#ifdef MISSING_CLASS
    if ((*env)->FindClass(env, MISSING_CLASS) == NULL) {
        return JNI_ERR;
    }
#endif
    return JNI_VERSION_1_6;
}

JNIEXPORT jbyteArray JNICALL Java_io_devcred_internal_NativeLibrary_version(JNIEnv *env, jclass type) {
    (void)type;
    static const char version[] = VERSION;
    const jsize length = sizeof version - 1;
    jbyteArray bytes = (*env)->NewByteArray(env, length);
    if (bytes != NULL) {
        (*env)->SetByteArrayRegion(env, bytes, 0, length, (const jbyte *)version);
    }
    return bytes;
}
