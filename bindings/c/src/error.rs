//! Why a call failed, as C reads it.

use std::ffi::{CString, c_char};
use std::ptr;

use devcred_bridge::ErrorInfo;

use crate::boundary::{free, read};
use crate::status::{self, DEVCRED_INTERNAL, Status};
use crate::text::{c_text, pointer};

/// Why a function failed, without any secret. It belongs to the caller, who frees it with devcred_error_free.
pub struct Error {
    status: Status,
    message: CString,
    code: Option<CString>,
    http_status: u16,
    request_id: Option<CString>,
    is_retryable: bool,
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
            http_status: error.http_status.unwrap_or(0),
            request_id: error.request_id.map(c_text),
            is_retryable: error.retryable,
            attempts: error.attempts,
            help_url: error.help_url.map(c_text),
            advice: error.advice.map(c_text),
            text: c_text(error.text),
        }
    }
}

/// The status that the function returned with this error, never DEVCRED_OK; devcred_status_name names it.
///
/// Any thread may read an error. Of NULL it is DEVCRED_INTERNAL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_status(error: *const Error) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, DEVCRED_INTERNAL, |error| error.status) }
}

/// The whole error for people, the advice on a line of its own: "NotFound: message (Code, request id ...)".
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_text(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| error.text.as_ptr()) }
}

/// What happened, in one line, with the stage and the attempt where that matters.
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_message(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| error.message.as_ptr()) }
}

/// The service's own code, as it sent it; NULL where it sent none.
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_code(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| pointer(&error.code)) }
}

/// The HTTP status of the answer; 0 where there was none.
///
/// Any thread may read an error. Of NULL it is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_http_status(error: *const Error) -> i32 {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, 0, |error| i32::from(error.http_status)) }
}

/// The service's id of the request, for its support; NULL where there is none.
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_request_id(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| pointer(&error.request_id)) }
}

/// Whether the same call may succeed if it is made again.
///
/// Any thread may read an error. Of NULL it is false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_retryable(error: *const Error) -> bool {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, false, |error| error.is_retryable) }
}

/// How many attempts were made; 0 if the call was refused before anything was sent.
///
/// Any thread may read an error. Of NULL it is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_attempts(error: *const Error) -> u32 {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, 0, |error| error.attempts) }
}

/// A page of the service's about its code; NULL where it named none.
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_help_url(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| pointer(&error.help_url)) }
}

/// What to do, in one or two sentences; NULL where there is nothing to say that the message does not.
///
/// The text is the error's: it stays until the error is freed. Any thread may read an error. Of NULL it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_advice(error: *const Error) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { read(error, ptr::null(), |error| pointer(&error.advice)) }
}

/// Frees an error. NULL is allowed and does nothing.
///
/// Afterwards its texts are gone. Any thread may free it, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_error_free(error: *mut Error) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(error) }
}
