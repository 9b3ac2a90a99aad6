//! The functions of JNI that work on objects.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr;

use jni_sys::{JNIEnv, jclass, jmethodID, jobject, jsize, jvalue};

use crate::vm;

/// The error of a function that threw: an exception is pending, and until it is taken or cleared,
/// no other function of JNI may be called.
pub(crate) struct Thrown;

/// JNI on the current thread, until the native function returns.
///
/// Its methods are safe because JVM and facade promise the rest: an `Env` is an argument of a
/// native function or comes from [`vm`], so it is valid; and the facade passes arrays of the types
/// that the table of the bridge names.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Env<'frame> {
    raw: *mut JNIEnv,
    frame: PhantomData<&'frame ()>,
}

/// A reference to an object, or null, that is valid until the native function returns.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Object<'frame> {
    raw: jobject,
    frame: PhantomData<&'frame ()>,
}

/// Calls a function of JNI 1.6.
macro_rules! call {
    ($env:expr, $function:ident $(, $argument:expr)*) => {{
        let env = $env.raw;
        // SAFETY: the environment is valid on this thread, and so are the arguments: see `Env`.
        unsafe { ((**env).v1_6.$function)(env $(, $argument)*) }
    }};
}

impl<'frame> Object<'frame> {
    pub(crate) const NULL: Self = Self::new(ptr::null_mut());

    pub(crate) const fn new(raw: jobject) -> Self {
        Self { raw, frame: PhantomData }
    }

    pub(crate) fn is_null(self) -> bool {
        self.raw.is_null()
    }

    /// Returns an error if this is the null of a function that threw.
    fn or_thrown(self) -> Result<Self, Thrown> {
        if self.is_null() { Err(Thrown) } else { Ok(self) }
    }
}

impl<'frame> Env<'frame> {
    pub(crate) fn new(raw: *mut JNIEnv) -> Self {
        Self { raw, frame: PhantomData }
    }

    /// Creates a `byte[]`.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<Object<'frame>, Thrown> {
        let length = jsize::try_from(bytes.len()).unwrap_or(jsize::MAX);
        let array = Object::new(call!(self, NewByteArray, length)).or_thrown()?;
        call!(self, SetByteArrayRegion, array.raw, 0, length, bytes.as_ptr().cast());
        Ok(array)
    }

    /// Reads a `byte[]`.
    pub(crate) fn read_bytes(self, array: Object<'_>) -> Vec<u8> {
        let length = call!(self, GetArrayLength, array.raw);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        call!(self, GetByteArrayRegion, array.raw, 0, length, bytes.as_mut_ptr().cast());
        bytes
    }

    /// Creates a `long[1]`.
    pub(crate) fn number(self, number: i64) -> Result<Object<'frame>, Thrown> {
        let array = Object::new(call!(self, NewLongArray, 1)).or_thrown()?;
        call!(self, SetLongArrayRegion, array.raw, 0, 1, &raw const number);
        Ok(array)
    }

    /// Reads a `long[1]`.
    pub(crate) fn read_number(self, array: Object<'_>) -> i64 {
        let mut number = 0;
        call!(self, GetLongArrayRegion, array.raw, 0, 1, &raw mut number);
        number
    }

    /// Creates an `Object[]`. The array has the only references to its elements afterwards, because
    /// a thread may have only a few.
    pub(crate) fn array(
        self,
        elements: impl ExactSizeIterator<Item = Result<Object<'frame>, Thrown>>,
    ) -> Result<Object<'frame>, Thrown> {
        let length = jsize::try_from(elements.len()).unwrap_or(jsize::MAX);
        let array =
            Object::new(call!(self, NewObjectArray, length, vm::object_class(), ptr::null_mut())).or_thrown()?;
        for (index, element) in (0..).zip(elements) {
            let element = element?;
            call!(self, SetObjectArrayElement, array.raw, index, element.raw);
            self.delete(element);
        }
        Ok(array)
    }

    /// Returns an element of an `Object[]`.
    pub(crate) fn element(self, array: Object<'_>, index: jsize) -> Result<Object<'frame>, Thrown> {
        let element = Object::new(call!(self, GetObjectArrayElement, array.raw, index));
        if self.has_thrown() { Err(Thrown) } else { Ok(element) }
    }

    /// Deletes a reference, which must not be used afterwards.
    pub(crate) fn delete(self, object: Object<'frame>) {
        call!(self, DeleteLocalRef, object.raw);
    }

    /// Calls a method that returns nothing.
    pub(crate) fn call<const N: usize>(
        self,
        receiver: Object<'_>,
        method: jmethodID,
        arguments: [Object<'_>; N],
    ) -> Result<(), Thrown> {
        let arguments = arguments.map(|argument| jvalue { l: argument.raw });
        call!(self, CallVoidMethodA, receiver.raw, method, arguments.as_ptr());
        if self.has_thrown() { Err(Thrown) } else { Ok(()) }
    }

    /// Calls a method without arguments that returns a boolean.
    pub(crate) fn call_boolean(self, receiver: Object<'_>, method: jmethodID) -> bool {
        let result = call!(self, CallBooleanMethodA, receiver.raw, method, ptr::null());
        !self.has_thrown() && result
    }

    fn has_thrown(self) -> bool {
        call!(self, ExceptionCheck)
    }

    /// Returns the pending exception, which is no longer pending.
    pub(crate) fn take_exception(self) -> Object<'frame> {
        let thrown = Object::new(call!(self, ExceptionOccurred));
        call!(self, ExceptionClear);
        thrown
    }

    /// Throws an `IllegalArgumentException`.
    pub(crate) fn throw_illegal_argument(self, message: &CStr) -> Thrown {
        if let Ok(class) = self.class(c"java/lang/IllegalArgumentException") {
            call!(self, ThrowNew, class.raw, message.as_ptr());
        }
        Thrown
    }

    /// Finds a class by its name with slashes.
    pub(crate) fn class(self, name: &CStr) -> Result<Object<'frame>, Thrown> {
        Object::new(call!(self, FindClass, name.as_ptr())).or_thrown()
    }

    pub(crate) fn method(self, class: Object<'_>, name: &CStr, signature: &CStr) -> Result<jmethodID, Thrown> {
        let class: jclass = class.raw;
        let method = call!(self, GetMethodID, class, name.as_ptr(), signature.as_ptr());
        if method.is_null() { Err(Thrown) } else { Ok(method) }
    }

    /// Creates a reference that is valid until it is deleted, on any thread.
    pub(crate) fn global(self, object: Object<'_>) -> Result<jobject, Thrown> {
        Ok(Object::new(call!(self, NewGlobalRef, object.raw)).or_thrown()?.raw)
    }

    pub(crate) fn delete_global(self, object: jobject) {
        call!(self, DeleteGlobalRef, object);
    }

    /// Runs code, and deletes the references that it has created.
    pub(crate) fn in_frame(self, code: impl FnOnce() -> Result<(), Thrown>) -> Result<(), Thrown> {
        if call!(self, PushLocalFrame, FRAME_CAPACITY) != jni_sys::JNI_OK {
            return Err(Thrown);
        }
        let result = code();
        call!(self, PopLocalFrame, ptr::null_mut());
        result
    }
}

/// More references than exist at once.
const FRAME_CAPACITY: jsize = 16;
