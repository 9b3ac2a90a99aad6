//! The version of the library.

use std::ffi::{CStr, c_char};

/// The version of the binary interface that this header describes. It is equal to
/// devcred_abi_version() if header and library are compatible. It grows only if an existing
/// declaration changes.
pub const DEVCRED_ABI_VERSION: u32 = 1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// Returns the version of the library, such as "0.1.0".
///
/// The string is static. Any thread may call it.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the version of the library's binary interface. Any thread may call it.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_abi_version() -> u32 {
    DEVCRED_ABI_VERSION
}
