//! Requests from C and outcomes to C, for blocking and for started calls.

use std::ffi::c_char;

use devcred_bridge::{ErrorInfo, Operation, Outcome, Request};

use crate::cancellation::Uncancellable;
use crate::client::DEVCRED_CLIENT_TIMEOUT;
use crate::credential::Credential;
use crate::error::{Error, fallible};
use crate::pointer::{optional_text, text, write_out};
use crate::status::{DEVCRED_CANCELLED, DEVCRED_OK, Status};

/// Reads the arguments of a call.
///
/// # Safety
/// Every string is NULL or ends with a NUL.
pub(crate) unsafe fn request(
    operation: Operation,
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
) -> Result<Request, Box<ErrorInfo>> {
    let timeout_ms = match timeout_ms {
        DEVCRED_CLIENT_TIMEOUT => None,
        timeout_ms => Some(timeout_ms.into()),
    };
    // SAFETY: as the caller promises.
    unsafe {
        Ok(Request {
            operation,
            client_id: text("client_id", client_id)?.to_owned(),
            instance_id: optional_text("instance_id", instance_id)?.map(str::to_owned),
            timeout_ms,
        })
    }
}

/// Runs the body of a function that blocks until a call has ended, and writes its outcome.
///
/// # Safety
/// Both pointers are NULL or can be written.
pub(crate) unsafe fn blocking_call(
    credential: *mut *mut Credential,
    error: *mut *mut Error,
    body: impl FnOnce() -> Result<Outcome, Box<ErrorInfo>>,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        write_out(credential, None);
        fallible(error, || {
            if credential.is_null() {
                return Err(ErrorInfo::invalid_parameter("credential is NULL"));
            }
            let _uncancellable = Uncancellable::new();
            write_outcome(body()?, credential)
        })
    }
}

/// Writes the credential of a successful call, and returns the status or the error.
///
/// # Safety
/// `credential` can be written.
pub(crate) unsafe fn write_outcome(
    outcome: Outcome,
    credential: *mut *mut Credential,
) -> Result<Status, Box<ErrorInfo>> {
    match outcome {
        Outcome::Credential(returned) => {
            // SAFETY: as the caller promises.
            unsafe { write_out(credential, Some(Credential::new(*returned))) };
            Ok(DEVCRED_OK)
        }
        Outcome::Error(failed) => Err(failed),
        Outcome::Cancelled => Ok(DEVCRED_CANCELLED),
    }
}
