//! Which library a program runs with.

use std::ffi::{CStr, c_char};

/// The version of the binary interface that this header describes. A program may compare it with devcred_abi_version(): they are
/// equal where header and library fit. It grows only where something that was there changes.
pub const DEVCRED_ABI_VERSION: u32 = 1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the library, such as "0.1.0".
///
/// The text is the library's, and stays. Any thread may ask.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of the library's binary interface.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_abi_version() -> u32 {
    DEVCRED_ABI_VERSION
}
