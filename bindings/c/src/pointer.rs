//! Reads and writes through pointers of the caller: NULL and strings that are not UTF-8 become
//! errors.

use std::ffi::{CStr, c_char};

use devcred_bridge::ErrorInfo;

use crate::panic::boundary;

/// Writes an out-parameter, or NULL if there is no value, which can be freed as well.
///
/// # Safety
/// `to` is NULL or can be written.
pub(crate) unsafe fn write_out<T>(to: *mut *mut T, value: Option<T>) {
    if !to.is_null() {
        // SAFETY: not NULL, and as the caller promises.
        unsafe { *to = value.map_or(std::ptr::null_mut(), |value| Box::into_raw(Box::new(value))) };
    }
}

/// Returns the value that a handle points to.
///
/// # Safety
/// `handle` is NULL or a handle of this library that has not been freed.
pub(crate) unsafe fn deref<'a, T>(name: &str, handle: *const T) -> Result<&'a T, Box<ErrorInfo>> {
    // SAFETY: as the caller promises.
    unsafe { handle.as_ref() }.ok_or_else(|| ErrorInfo::invalid_parameter(&format!("{name} is NULL")))
}

/// Reads a field of the value that a handle points to, or returns `nothing` for NULL.
///
/// # Safety
/// `handle` is NULL or a handle of this library that has not been freed.
pub(crate) unsafe fn get_field<T, V>(handle: *const T, nothing: V, member: impl FnOnce(&T) -> V) -> V {
    // SAFETY: as the caller promises.
    match unsafe { handle.as_ref() } {
        Some(value) => boundary(nothing, || member(value)),
        None => nothing,
    }
}

/// Frees the value that a handle points to. NULL is ignored.
///
/// # Safety
/// `handle` is NULL or a handle of this library that has not been freed.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: as the caller promises, it came out of `Box::into_raw`.
        boundary((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// Reads a required string.
///
/// # Safety
/// `text` is NULL or ends with a NUL.
pub(crate) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Box<ErrorInfo>> {
    // SAFETY: as the caller promises.
    let text = unsafe { optional_text(name, text) }?;
    text.ok_or_else(|| ErrorInfo::invalid_parameter(&format!("{name} is NULL")))
}

/// Reads a string that may be NULL.
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
