//! The numbers that functions return. A number is never reused, so that programs built with an
//! older header stay correct.

use std::ffi::{CStr, c_char};
use std::ptr;

use devcred_bridge::ErrorKind;

use crate::panic::boundary;

/// What a function returns: `DEVCRED_OK`, or what the caller should do about its failure.
pub type Status = i32;

/// Success.
pub const DEVCRED_OK: i32 = 0;
/// Fix the input: an option, id, handle or string is invalid. It was refused by this library before
/// anything was sent, or by the service.
pub const DEVCRED_INVALID_PARAMETER: i32 = 1;
/// Fix the AccessKey, its security token, or the clock.
pub const DEVCRED_AUTHENTICATION: i32 = 2;
/// Fix the RAM policy, the account or the region: this account has no access to this instance.
pub const DEVCRED_PERMISSION_DENIED: i32 = 3;
/// Register the device first: it has no credential.
pub const DEVCRED_NOT_FOUND: i32 = 4;
/// Slow down. The call was retried before this is returned.
pub const DEVCRED_THROTTLED: i32 = 5;
/// Use another region, instance or endpoint: this one does not know the operation.
pub const DEVCRED_UNSUPPORTED: i32 = 6;
/// Try later: the service failed, or returned a code that this version does not know.
pub const DEVCRED_SERVICE: i32 = 7;
/// Check the network: no response arrived in time.
pub const DEVCRED_TIMEOUT: i32 = 8;
/// Check the network: no connection could be made, or it ended before the complete response
/// arrived.
pub const DEVCRED_TRANSPORT: i32 = 9;
/// Report it: the response does not match the service's documentation.
pub const DEVCRED_INVALID_RESPONSE: i32 = 10;
/// Report it: this library failed, or was called in a way that cannot work.
pub const DEVCRED_INTERNAL: i32 = 11;
/// Fetch the credential instead: the device already has one.
pub const DEVCRED_ALREADY_EXISTS: i32 = 12;
/// The call was cancelled by devcred_call_cancel. There is no error.
pub const DEVCRED_CANCELLED: i32 = 100;

const NAMES: &[(i32, &CStr)] = &[
    (DEVCRED_OK, c"Ok"),
    (DEVCRED_INVALID_PARAMETER, c"InvalidParameter"),
    (DEVCRED_AUTHENTICATION, c"Authentication"),
    (DEVCRED_PERMISSION_DENIED, c"PermissionDenied"),
    (DEVCRED_NOT_FOUND, c"NotFound"),
    (DEVCRED_THROTTLED, c"Throttled"),
    (DEVCRED_UNSUPPORTED, c"Unsupported"),
    (DEVCRED_SERVICE, c"Service"),
    (DEVCRED_TIMEOUT, c"Timeout"),
    (DEVCRED_TRANSPORT, c"Transport"),
    (DEVCRED_INVALID_RESPONSE, c"InvalidResponse"),
    (DEVCRED_INTERNAL, c"Internal"),
    (DEVCRED_ALREADY_EXISTS, c"AlreadyExists"),
    (DEVCRED_CANCELLED, c"Cancelled"),
];

/// Returns the status of a kind. A kind that is missing from the table maps to DEVCRED_INTERNAL.
pub(crate) fn of(kind: ErrorKind) -> Status {
    let named = NAMES.iter().find(|(_, name)| name.to_bytes() == kind.name().as_bytes());
    named.map_or(DEVCRED_INTERNAL, |(status, _)| *status)
}

/// Returns the name of a status, the same in every language, such as "NotFound"; NULL for any other
/// number.
///
/// The string is static. Any thread may call it.
#[unsafe(no_mangle)]
pub extern "C" fn devcred_status_name(status: Status) -> *const c_char {
    boundary(ptr::null(), || {
        let known = NAMES.iter().find(|(known, _)| *known == status);
        known.map_or(ptr::null(), |(_, name)| name.as_ptr())
    })
}
