//! A client, and its blocking call.

use std::ffi::c_char;
use std::ops::ControlFlow;
use std::ptr;
use std::time::Duration;

use devcred_bridge::{self as bridge, ErrorInfo, Outcome, Request};

use crate::boundary::{fallible, free, known, optional_text, put, text};
use crate::credential::Credential;
use crate::error::Error;
use crate::options::{Options, access_key};
use crate::status::{DEVCRED_CANCELLED, DEVCRED_OK, Status};

/// A client. It belongs to the caller, who frees it with devcred_client_free. Any number of threads may use it at once; make one
/// and keep it, since it holds the connections and the pace. In a process that was forked off it works on, as the child's own.
pub struct Client(pub(crate) bridge::Client);

/// C has no signals to look at, so there is nothing to ask while waiting.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// For `timeout_ms`: as long as the client says.
pub const DEVCRED_CLIENT_TIMEOUT: i64 = -1;

/// Makes a client. Nothing is sent, and no thread started.
///
/// `options` stays the caller's. `*client` is the caller's where the status is DEVCRED_OK, else NULL. `error` may be NULL; else
/// `*error` is the caller's, or NULL where there is none.
///
/// Fails with DEVCRED_INVALID_PARAMETER where an option, or a variable of the environment, cannot be used: the message names it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_new(
    options: *const Options,
    client: *mut *mut Client,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        put(client, None);
        fallible(error, || {
            if client.is_null() {
                return Err(ErrorInfo::invalid_parameter("client is NULL"));
            }
            let options = known("options", options)?.get()?;
            put(client, Some(Client(bridge::Client::open(options)?)));
            Ok(())
        })
    }
}

/// Replaces the AccessKey of a client: id, secret and security token (NULL for none) together. Attempts that begin afterwards
/// are signed with it; a call that was refused for its token meanwhile is made again once.
///
/// The texts are copied. Any thread may call it. `error` may be NULL; else `*error` is the caller's, or NULL where there is none.
///
/// Fails with DEVCRED_INVALID_PARAMETER where the key cannot be used; the old one stays in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_set_access_key(
    client: *const Client,
    access_key_id: *const c_char,
    access_key_secret: *const c_char,
    security_token: *const c_char,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        fallible(error, || {
            let key = access_key(access_key_id, access_key_secret, security_token)?;
            known("client", client)?.0.set_access_key(key.id, &key.secret, key.security_token.as_ref())
        })
    }
}

/// Fetches the credential of a device and waits for it. Each success is billed as one messaging TPS, so store it.
///
/// `instance_id` is NULL for the client's own. `timeout_ms` is 1 to 86,400,000 milliseconds, or DEVCRED_CLIENT_TIMEOUT.
/// `*credential` is the caller's where the status is DEVCRED_OK, else NULL. `error` may be NULL; else `*error` is the caller's,
/// or NULL where there is none.
///
/// Any number of threads may call it at once; one that is inside a callback of the library may not, and is refused with
/// DEVCRED_INVALID_PARAMETER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_get_device_credential(
    client: *const Client,
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        fetch(credential, error, || {
            let request = request(client_id, instance_id, timeout_ms)?;
            Ok(known("client", client)?.0.call(request, NEVER, || ControlFlow::Continue(())))
        })
    }
}

/// Closes a client: its running calls end soon, calls made afterwards end at once, both with DEVCRED_INVALID_PARAMETER. Returns when
/// no callback of its calls, completion or log function, is running or will be called. What they use may be freed then, and
/// their code unloaded, unless a call is started afterwards.
///
/// It blocks as long as a callback runs, so the caller must not hold a lock that a callback takes. A client may be closed any
/// number of times, by several threads at once; each of them waits. The handle must be freed all the same.
///
/// Fails with DEVCRED_INVALID_PARAMETER, and closes nothing, for NULL and inside a callback of the library, which would wait for
/// itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_close(client: *const Client) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { fallible(ptr::null_mut(), || known("client", client)?.0.close_and_wait()) }
}

/// Frees a client. NULL is allowed and does nothing. Calls that were started go on and complete; devcred_client_close ends them.
///
/// No thread may use the handle any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_free(client: *mut Client) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(client) }
}

/// # Safety
/// Every text is NULL or ends with a NUL.
pub(crate) unsafe fn request(
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
) -> Result<Request, Box<ErrorInfo>> {
    let timeout = match timeout_ms {
        DEVCRED_CLIENT_TIMEOUT => None,
        ms => Some(bridge::milliseconds(ms)),
    };
    // SAFETY: as the caller promises.
    unsafe {
        Ok(Request {
            client_id: text("client_id", client_id)?.to_owned(),
            instance_id: optional_text("instance_id", instance_id)?.map(str::to_owned),
            timeout,
        })
    }
}

/// Runs the body of a function that waits for an outcome, and hands it out.
///
/// # Safety
/// Both pointers are NULL or can be written.
pub(crate) unsafe fn fetch(
    credential: *mut *mut Credential,
    error: *mut *mut Error,
    body: impl FnOnce() -> Result<Outcome, Box<ErrorInfo>>,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        put(credential, None);
        let mut outcome = None;
        let status = fallible(error, || {
            if credential.is_null() {
                return Err(ErrorInfo::invalid_parameter("credential is NULL"));
            }
            outcome = Some(body()?);
            Ok(())
        });
        match outcome {
            Some(outcome) => deliver(outcome, credential, error),
            None => status,
        }
    }
}

/// Hands an outcome out and returns its status.
///
/// # Safety
/// Both pointers are NULL or can be written.
pub(crate) unsafe fn deliver(outcome: Outcome, credential: *mut *mut Credential, error: *mut *mut Error) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        match outcome {
            Outcome::Ok(fetched) => {
                put(credential, Some(Credential::new(*fetched)));
                DEVCRED_OK
            }
            Outcome::Error(failed) => fallible(error, || Err(failed)),
            Outcome::Cancelled => DEVCRED_CANCELLED,
        }
    }
}
