//! The JVM, which any thread can reach: its classes, and the attachment of threads.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jni_sys::{JNI_ERR, JNI_OK, JNI_VERSION_1_6, JNIEnv, JavaVM, JavaVMAttachArgs, jclass, jint, jmethodID, jobject};

use crate::client;
use crate::jni::{Env, Object, Thrown};

static VM: OnceLock<Vm> = OnceLock::new();

/// The JVM, and what Rust uses of it by name. The references to classes keep this library loaded:
/// its thread never ends, so its code must stay.
struct Vm {
    raw: *mut JavaVM,
    object_class: jclass,
    completed: jmethodID,
    event: jmethodID,
    is_interrupted: jmethodID,
}

// SAFETY: the pointers are valid on every thread, and nothing is written through them.
unsafe impl Send for Vm {}
// SAFETY: as above.
unsafe impl Sync for Vm {}

/// The JVM calls this when it loads the library. If a class or a method is missing, the exception
/// is pending and the JVM throws it.
#[unsafe(no_mangle)]
extern "system" fn JNI_OnLoad(vm: *mut JavaVM, _: *mut c_void) -> jint {
    let find = || {
        let env = env(vm).ok_or(Thrown)?;
        let object = env.class(c"java/lang/Object")?;
        let listener = env.class(c"io/devcred/internal/NativeListener")?;
        let log = env.class(c"io/devcred/internal/NativeLog")?;
        let thread = env.class(c"java/lang/Thread")?;
        env.global(listener)?;
        env.global(log)?;
        Ok::<_, Thrown>(Vm {
            raw: vm,
            object_class: env.global(object)?,
            completed: env.method(listener, c"completed", c"(Ljava/lang/Object;)V")?,
            event: env.method(log, c"event", c"([B[B)V")?,
            is_interrupted: env.method(thread, c"isInterrupted", c"()Z")?,
        })
    };
    match find() {
        Ok(found) => {
            VM.get_or_init(|| found);
            JNI_VERSION_1_6
        }
        Err(Thrown) => JNI_ERR,
    }
}

pub(crate) fn object_class() -> jclass {
    VM.get().map_or(ptr::null_mut(), |vm| vm.object_class)
}

/// Returns whether the current thread, which is `thread`, was interrupted.
pub(crate) fn is_interrupted(env: Env<'_>, thread: Object<'_>) -> bool {
    VM.get().is_some_and(|vm| env.call_boolean(thread, vm.is_interrupted))
}

thread_local! {
    /// Whether this thread is attached because this library attached it.
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
    /// Whether `with_env` is running on this thread, and with it perhaps a function of Java.
    static IS_IN_USE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this library has attached a thread.
static IS_ATTACHED: AtomicBool = AtomicBool::new(false);

/// Returns JNI on this thread if it is attached.
fn env<'frame>(vm: *mut JavaVM) -> Option<Env<'frame>> {
    let mut env: *mut c_void = ptr::null_mut();
    // SAFETY: a JVM is never unloaded, and the function writes one pointer.
    let result = unsafe { ((**vm).v1_4.GetEnv)(vm, &raw mut env, JNI_VERSION_1_6) };
    (result == JNI_OK).then(|| Env::new(env.cast::<JNIEnv>()))
}

/// Attaches this thread. A daemon does not keep the JVM from ending.
fn attach<'frame>(vm: *mut JavaVM) -> Option<Env<'frame>> {
    let mut env: *mut c_void = ptr::null_mut();
    let mut arguments =
        JavaVMAttachArgs { version: JNI_VERSION_1_6, name: c"devcred".as_ptr().cast_mut(), group: ptr::null_mut() };
    // SAFETY: as in `env`; the JVM only reads the arguments.
    let result = unsafe { ((**vm).v1_4.AttachCurrentThreadAsDaemon)(vm, &raw mut env, (&raw mut arguments).cast()) };
    IS_OURS.set(result == JNI_OK);
    IS_ATTACHED.fetch_or(result == JNI_OK, Ordering::SeqCst);
    (result == JNI_OK).then(|| Env::new(env.cast::<JNIEnv>()))
}

/// Runs code that calls Java, on any thread. An exception ends here. If the JVM is ending, it
/// attaches no thread, and the code does not run.
pub(crate) fn call_java(code: impl FnOnce(Env<'_>, &Methods) -> Result<(), Thrown>) {
    with_env(|vm, env| {
        let methods = Methods { completed: vm.completed, event: vm.event };
        if env.in_frame(|| code(env, &methods)).is_err() {
            env.take_exception();
        }
    });
}

/// Runs code that creates no reference, on any thread, unless the JVM attaches no thread.
fn with_env(code: impl FnOnce(&Vm, Env<'_>)) {
    let Some(vm) = VM.get() else {
        return;
    };
    let Some(env) = env(vm.raw).or_else(|| attach(vm.raw)) else {
        return;
    };
    let is_nested = IS_IN_USE.replace(true);
    code(vm, env);
    IS_IN_USE.set(is_nested);
    if !is_nested {
        detach_if_ending();
    }
}

/// The methods that Rust calls.
pub(crate) struct Methods {
    /// `NativeListener.completed`
    pub(crate) completed: jmethodID,
    /// `NativeLog.event`
    pub(crate) event: jmethodID,
}

/// An object of Java that any thread may use. It lives until this is dropped.
pub(crate) struct Global(jobject);

// SAFETY: JNI allows every thread to use a global reference.
unsafe impl Send for Global {}
// SAFETY: as above.
unsafe impl Sync for Global {}

impl Global {
    pub(crate) fn new(env: Env<'_>, object: Object<'_>) -> Result<Self, Thrown> {
        env.global(object).map(Self)
    }

    pub(crate) fn as_object(&self) -> Object<'_> {
        Object::new(self.0)
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        with_env(|_, env| env.delete_global(self.0));
    }
}

/// Whether the JVM has begun to end.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Detaches the library's thread now and after each later use of Java, because the JVM is ending:
/// it waits 0.3 seconds for an attached thread in native code. Until then the thread stays attached,
/// because attaching it for each outcome costs as much as the rest of a call.
pub(crate) fn end() {
    // A thread that is attached after the second line sees the first one.
    IS_ENDING.store(true, Ordering::SeqCst);
    if IS_ATTACHED.load(Ordering::SeqCst) {
        // A thread can only detach itself.
        client::run_on_library_thread(detach_if_ending);
    }
}

fn detach_if_ending() {
    if IS_ENDING.load(Ordering::SeqCst) && IS_OURS.replace(false) {
        let vm = VM.get().map(|vm| vm.raw);
        // SAFETY: as in `env`. This library has attached the thread, and no function of Java is on
        // its stack.
        vm.map(|vm| unsafe { ((**vm).v1_4.DetachCurrentThread)(vm) });
    }
}
