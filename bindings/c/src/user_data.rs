//! The caller's pointer that callbacks receive.

use std::ffi::c_void;

/// The caller's pointer. The header requires that any thread may use it.
pub(crate) struct UserData(pub(crate) *mut c_void);

// SAFETY: the header requires that any thread may use it.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn get(&self) -> *mut c_void {
        self.0
    }
}
