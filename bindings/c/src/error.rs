//! Why a call failed.

use std::ffi::{CString, c_char};
use std::ptr;

use devcred_bridge::{ErrorInfo, contain_panic};

use crate::pointer::{free, get_field, write_out};
use crate::status::{self, DEVCRED_INTERNAL, Status};
use crate::text::{c_text, pointer};

/// Why a function failed. It contains no secret. The caller owns it and must free it with
/// devcred_error_free. Any number of threads may read it at once.
pub struct Error {
    status: Status,
    message: CString,
    code: Option<CString>,
    client_id: Option<CString>,
    instance_id: Option<CString>,
    http_status: u16,
    request_id: Option<CString>,
    is_retryable: bool,
    is_possibly_billed: bool,
    retry_after_ms: Option<i64>,
    attempts: u32,
    help_url: Option<CString>,
    advice: Option<CString>,
    text: CString,
}

impl Error {
    pub(crate) fn new(error: ErrorInfo) -> Self {
        Self {
            status: status::of(error.kind),
            message: c_text(error.message),
            code: error.code.map(c_text),
            client_id: error.client_id.map(c_text),
            instance_id: error.instance_id.map(c_text),
            http_status: error.http_status.unwrap_or(0),
            request_id: error.request_id.map(c_text),
            is_retryable: error.retryable,
            is_possibly_billed: error.possibly_billed,
            retry_after_ms: error.retry_after_ms,
            attempts: error.attempts,
            help_url: error.help_url.map(c_text),
            advice: error.advice.map(c_text),
            text: c_text(error.text),
        }
    }
}

/// Runs the body of a function that can fail, writes its error to `*error`, and returns its status.
///
/// # Safety
/// `error` is NULL or can be written.
pub(crate) unsafe fn fallible(error: *mut *mut Error, body: impl FnOnce() -> Result<Status, Box<ErrorInfo>>) -> Status {
    // Before the body: a call that was started may complete, and free what `error` points into,
    // before this returns.
    // SAFETY: as the caller promises.
    unsafe { write_out(error, None) };
    let failed = match contain_panic(body) {
        Ok(status) => return status,
        Err(failed) => failed,
    };
    let status = status::of(failed.kind);
    // SAFETY: as the caller promises.
    unsafe { write_out(error, Some(Error::new(*failed))) };
    status
}

/// Returns the status that the function returned with this error, never DEVCRED_OK.
/// devcred_status_name returns its name.
///
/// Returns DEVCRED_INTERNAL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_status(error: *const Error) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, DEVCRED_INTERNAL, |error| error.status) }
}

/// Returns the complete error as text, with the advice on a second line: "NotFound: message (Code,
/// request id ...)".
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_text(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| error.text.as_ptr()) }
}

/// Returns what happened, in one line.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_message(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| error.message.as_ptr()) }
}

/// Returns the service's code, verbatim; NULL if it sent none.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_code(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.code)) }
}

/// Returns the device of the call; NULL if the client id is invalid, or if an option of the client
/// was refused.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_client_id(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.client_id)) }
}

/// Returns the instance of the call; NULL if a parameter of the call or an option of the client was
/// refused.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_instance_id(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.instance_id)) }
}

/// Returns the HTTP status; 0 if there was no response.
///
/// Returns 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_http_status(error: *const Error) -> i32 {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, 0, |error| i32::from(error.http_status)) }
}

/// Returns the service's id of the request, which its support needs; NULL if there is none.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_request_id(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.request_id)) }
}

/// Returns whether the same call may succeed if it is made again.
///
/// Returns false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_retryable(error: *const Error) -> bool {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, false, |error| error.is_retryable) }
}

/// Returns whether an attempt of the call may have been billed: the service bills each success, and
/// a request was sent whose response did not arrive completely, or reported a success that could
/// not be read.
///
/// Returns false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_possibly_billed(error: *const Error) -> bool {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, false, |error| error.is_possibly_billed) }
}

/// Returns how many milliseconds the service requested to wait before the next request, counted
/// from its last response; -1 if it requested nothing.
///
/// Returns -1 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_retry_after_ms(error: *const Error) -> i64 {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, -1, |error| error.retry_after_ms.unwrap_or(-1)) }
}

/// Returns the number of attempts; 0 if the call was refused before anything was sent.
///
/// Returns 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_attempts(error: *const Error) -> u32 {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, 0, |error| error.attempts) }
}

/// Returns the service's page about its code; NULL if there is none.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_help_url(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.help_url)) }
}

/// Returns one or two sentences on what to do; NULL if unknown.
///
/// Valid until the error is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_advice(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(error, ptr::null(), |error| pointer(&error.advice)) }
}

/// Frees an error and its strings. NULL is ignored. Any thread may free it, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_free(error: *mut Error) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(error) }
}
