//! The callbacks that the target `c_api` passes to the library.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use crate::c_abi::*;

/// A call that completes by its callback.
#[derive(Default)]
pub(crate) struct Started {
    pub(crate) client_id: CString,
    /// Where the library writes the handle, if the callback is to free it.
    pub(crate) handle: AtomicPtr<Call>,
    pub(crate) completions: AtomicU32,
    pub(crate) is_wrong: AtomicBool,
}

/// A panic would end here unseen, so what is wrong is written down.
pub(crate) unsafe extern "C" fn completed(
    user_data: *mut c_void,
    status: i32,
    credential: *mut Credential,
    error: *mut Error,
) {
    // SAFETY: `user_data` is a `Started` that lives until its call has completed; the others are as the header says.
    unsafe {
        let started = &*user_data.cast::<Started>();
        let mut refused = null_mut();
        // No thread of the library may block.
        let is_refused = devcred_call_wait(null(), &raw mut refused, null_mut()) == INVALID_PARAMETER;
        if !fits(status, credential, error, &started.client_id) || !is_refused {
            started.is_wrong.store(true, Ordering::Release);
        }
        devcred_credential_free(credential);
        devcred_error_free(error);
        devcred_call_free(started.handle.swap(null_mut(), Ordering::AcqRel));
        started.completions.fetch_add(1, Ordering::AcqRel);
    }
}

pub(crate) unsafe extern "C" fn log(_: *mut c_void, level: i32, message: *const c_char) {
    // SAFETY: the message ends with a NUL.
    let message = unsafe { CStr::from_ptr(message) };
    if !(1..=5).contains(&level) || message.to_bytes().is_empty() {
        std::process::abort();
    }
}
