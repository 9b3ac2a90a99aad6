//! A client, and its blocking call.

use std::ffi::c_char;
use std::ptr;

use devcred_bridge::{self as bridge, ErrorInfo, Operation, Request};

use crate::credential::Credential;
use crate::error::{Error, fallible};
use crate::options::{Options, access_key};
use crate::outcome::{blocking_call, request};
use crate::pointer::{deref, free, write_out};
use crate::status::{DEVCRED_OK, Status};

/// A client. The caller owns it and must free it with devcred_client_free. Create one and keep it:
/// it has the connections and the rate limiter. Any number of threads may use it at once. In a
/// forked process it continues to work, with new connections.
pub struct Client(pub(crate) bridge::Client);

/// Pass as `timeout_ms` to use the client's timeout.
pub const DEVCRED_CLIENT_TIMEOUT: i64 = -1;

/// Creates a client. Nothing is sent, and no thread is started.
///
/// The caller keeps `options`. If the status is DEVCRED_OK, the caller owns `*client`; otherwise it
/// is NULL. `error` may be NULL; otherwise the caller owns `*error`, which is NULL if there is no
/// error.
///
/// Fails with DEVCRED_INVALID_PARAMETER if an option or environment variable is missing or invalid;
/// the message names it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_new(
    options: *const Options,
    client: *mut *mut Client,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        write_out(client, None);
        fallible(error, || {
            if client.is_null() {
                return Err(ErrorInfo::invalid_parameter("client is NULL"));
            }
            write_out(client, Some(Client(deref("options", options)?.open()?)));
            Ok(DEVCRED_OK)
        })
    }
}

/// Replaces the AccessKey of a client: id, secret and security token (NULL for none) together.
/// Attempts that begin afterwards use it. If an attempt was refused for its token meanwhile, it is
/// made once more.
///
/// The strings are copied. Any thread may call it. `error` may be NULL; otherwise the caller owns
/// `*error`, which is NULL if there is no error.
///
/// Fails with DEVCRED_INVALID_PARAMETER if the key is invalid; the client keeps the old one.
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
            deref("client", client)?.0.set_access_key(key.id, &key.secret, key.security_token.as_ref())?;
            Ok(DEVCRED_OK)
        })
    }
}

/// Fetches the credential of a device and blocks until the call has ended. Each success is billed
/// as one messaging TPS, so store the credential.
///
/// `instance_id` may be NULL for the client's. `timeout_ms` is 1 to 86,400,000 milliseconds, or
/// DEVCRED_CLIENT_TIMEOUT. If the status is DEVCRED_OK, the caller owns `*credential`; otherwise it
/// is NULL. `error` may be NULL; otherwise the caller owns `*error`, which is NULL if there is no
/// error.
///
/// The call runs on this thread, which receives its signals meanwhile, but no cancellation of
/// pthreads. Any number of threads may call it at once. Inside a callback of the library it fails
/// with DEVCRED_INVALID_PARAMETER.
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
        let request = || request(Operation::GetDeviceCredential, client_id, instance_id, timeout_ms);
        call(request, client, credential, error)
    }
}

/// Creates the credential of a device and blocks until the call has ended. Each success is billed
/// as one messaging TPS.
///
/// Fails with DEVCRED_ALREADY_EXISTS if the device has a credential; the service may instead
/// replace it, and its old secret then no longer works. Therefore call
/// devcred_get_device_credential first. The call is not retried if the request may have arrived:
/// call devcred_get_device_credential to find out whether the device was registered.
///
/// The arguments, and what the caller owns, are those of devcred_get_device_credential.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_register_device_credential(
    client: *const Client,
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        let request = || request(Operation::RegisterDeviceCredential, client_id, instance_id, timeout_ms);
        call(request, client, credential, error)
    }
}

/// Makes a blocking call.
///
/// # Safety
/// As the header asks of the caller.
unsafe fn call(
    request: impl FnOnce() -> Result<Request, Box<ErrorInfo>>,
    client: *const Client,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        blocking_call(credential, error, || {
            let request = request()?;
            Ok(deref("client", client)?.0.call(request))
        })
    }
}

/// Closes a client. Running calls end soon and later calls end immediately, both with
/// DEVCRED_INVALID_PARAMETER. When this returns, no completion callback of its calls and no log
/// function is running or will be called, unless a call is started afterwards: the data that they
/// use may be freed and their code unloaded.
///
/// It blocks while a callback runs, so the caller must not hold a lock that a callback takes. A
/// client may be closed any number of times, by several threads at once; each of them waits. The
/// handle must still be freed.
///
/// Fails with DEVCRED_INVALID_PARAMETER, and closes nothing, for NULL and inside a callback of the
/// library, which would wait for itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_close(client: *const Client) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe { fallible(ptr::null_mut(), || deref("client", client)?.0.close_and_wait().map(|()| DEVCRED_OK)) }
}

/// Frees a client. NULL is ignored. Calls that were started continue and complete;
/// devcred_client_close ends them.
///
/// No thread may use the handle afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_client_free(client: *mut Client) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(client) }
}
