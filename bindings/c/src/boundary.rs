//! What stands between C and Rust: no panic crosses it, no NULL and no text that is not UTF-8 gets past it.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use devcred_bridge::ErrorInfo;

use crate::error::Error;
use crate::status::{self, Status};

/// Runs the body of an exported function; a panic becomes `otherwise`.
pub(crate) fn boundary<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

/// Runs the body of a function that can fail, tells the error where the caller wants it, and returns its status.
///
/// # Safety
/// `error` is NULL or can be written.
pub(crate) unsafe fn fallible(error: *mut *mut Error, body: impl FnOnce() -> Result<(), Box<ErrorInfo>>) -> Status {
    // Not afterwards: a call that was started may complete before its start returns, and what it points to be gone.
    // SAFETY: as the caller promises.
    unsafe { put(error, None) };
    let failed = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return status::DEVCRED_OK,
        Ok(Err(failed)) => failed,
        Err(_) => ErrorInfo::panicked(),
    };
    let status = status::of(failed.kind);
    // SAFETY: as the caller promises.
    unsafe { put(error, Some(Error::new(*failed))) };
    status
}

/// Writes an out-parameter: NULL where there is nothing, so that it can be freed all the same.
///
/// # Safety
/// `to` is NULL or can be written.
pub(crate) unsafe fn put<T>(to: *mut *mut T, value: Option<T>) {
    if !to.is_null() {
        // SAFETY: not NULL, and as the caller promises.
        unsafe { *to = value.map_or(std::ptr::null_mut(), |value| Box::into_raw(Box::new(value))) };
    }
}

/// What a handle stands for.
///
/// # Safety
/// `handle` is NULL or one that this library made and nobody has freed.
pub(crate) unsafe fn known<'a, T>(name: &str, handle: *const T) -> Result<&'a T, Box<ErrorInfo>> {
    // SAFETY: as the caller promises.
    unsafe { handle.as_ref() }.ok_or_else(|| ErrorInfo::invalid_parameter(&format!("{name} is NULL")))
}

/// Reads a member of what a handle stands for; of NULL it is `nothing`.
///
/// # Safety
/// `handle` is NULL or one that this library made and nobody has freed.
pub(crate) unsafe fn read<T, V>(handle: *const T, nothing: V, member: impl FnOnce(&T) -> V) -> V {
    // SAFETY: as the caller promises.
    match unsafe { handle.as_ref() } {
        Some(known) => boundary(nothing, || member(known)),
        None => nothing,
    }
}

/// Frees what a handle stands for; NULL is nothing.
///
/// # Safety
/// `handle` is NULL or one that this library made and nobody has freed.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: as the caller promises, it came out of `Box::into_raw`.
        boundary((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// A text that must be there.
///
/// # Safety
/// `text` is NULL or ends with a NUL.
pub(crate) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Box<ErrorInfo>> {
    // SAFETY: as the caller promises.
    let text = unsafe { optional_text(name, text) }?;
    text.ok_or_else(|| ErrorInfo::invalid_parameter(&format!("{name} is NULL")))
}

/// A text that may be left out by NULL.
///
/// # Safety
/// `text` is NULL or ends with a NUL.
pub(crate) unsafe fn optional_text<'a>(name: &str, text: *const c_char) -> Result<Option<&'a str>, Box<ErrorInfo>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and as the caller promises.
    let text = unsafe { CStr::from_ptr(text) }.to_str();
    text.map(Some).map_err(|_| ErrorInfo::invalid_parameter(&format!("{name} is not UTF-8")))
}
