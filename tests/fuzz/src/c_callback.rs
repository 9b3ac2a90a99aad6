//! The callbacks that the target `c_api` passes to the library.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use crate::c_abi::*;

/// A call that completes through its callback.
#[derive(Default)]
pub(crate) struct CallbackCall {
    pub(crate) client_id: CString,
    /// The out-parameter for the handle, if the callback frees it.
    pub(crate) handle: AtomicPtr<Call>,
    pub(crate) completions: AtomicU32,
    pub(crate) has_failed: AtomicBool,
}

/// Records failed checks instead of panicking: a panic must not leave an `extern "C"` function.
pub(crate) unsafe extern "C" fn on_complete(
    user_data: *mut c_void,
    status: i32,
    credential: *mut Credential,
    error: *mut Error,
) {
    // SAFETY: `user_data` is a `CallbackCall` that lives until its call has completed; the other
    // arguments are as the header documents.
    unsafe {
        let call = &*user_data.cast::<CallbackCall>();
        let mut none = null_mut();
        // The library refuses blocking calls on its threads.
        let is_refused = devcred_call_wait(null(), &raw mut none, null_mut()) == INVALID_PARAMETER;
        if !is_consistent(status, credential, error, &call.client_id) || !is_refused {
            call.has_failed.store(true, Ordering::Release);
        }
        devcred_credential_free(credential);
        devcred_error_free(error);
        devcred_call_free(call.handle.swap(null_mut(), Ordering::AcqRel));
        call.completions.fetch_add(1, Ordering::AcqRel);
    }
}

pub(crate) unsafe extern "C" fn on_event(_: *mut c_void, level: i32, message: *const c_char) {
    // SAFETY: the message is NUL-terminated.
    let message = unsafe { CStr::from_ptr(message) };
    if !(1..=5).contains(&level) || message.to_bytes().is_empty() {
        std::process::abort();
    }
}
