//! Strings for C.

use std::ffi::{CString, c_char};
use std::ptr;

/// Converts a string. The core returns no string with a NUL, so nothing is removed here.
pub(crate) fn c_text(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap_or_else(|nul| {
        let mut bytes = nul.into_vec();
        bytes.retain(|byte| *byte != 0);
        CString::new(bytes).unwrap_or_default()
    })
}

pub(crate) fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}
