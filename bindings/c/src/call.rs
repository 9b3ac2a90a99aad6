//! A started call: it completes through a callback, or a thread waits for it.

use std::ffi::{c_char, c_void};
use std::ptr;

use devcred_bridge::{self as bridge, BlockingCall, CallHandle, ErrorInfo, Operation, Request};

use crate::client::Client;
use crate::credential::Credential;
use crate::error::{Error, fallible};
use crate::outcome::{blocking_call, request, write_outcome};
use crate::pointer::{deref, free, write_out};
use crate::status::{DEVCRED_OK, Status};
use crate::user_data::UserData;

/// A call that was started. The caller owns it and must free it with devcred_call_free, before or
/// after it has completed.
pub struct Call(Kind);

enum Kind {
    /// It completes through its callback.
    Callback(CallHandle),
    /// devcred_call_wait returns its outcome.
    Blocking(BlockingCall),
}

/// Receives the outcome of a call, exactly once, on a thread of the library: DEVCRED_OK with a
/// credential, DEVCRED_CANCELLED with neither, any other status with an error. The callee owns the
/// credential and the error and must free them.
///
/// It must return soon and must not block: no other call makes progress meanwhile. It may start and
/// cancel calls, and free anything. It must return normally: a C++ exception ends the process, and
/// longjmp is not allowed.
pub type Completion = Option<
    unsafe extern "C" fn(user_data: *mut c_void, status: Status, credential: *mut Credential, error: *mut Error),
>;

/// Starts to fetch the credential of a device, and returns immediately.
///
/// If the status is DEVCRED_OK, `completion` is called exactly once, possibly before this function
/// returns; otherwise never. It receives `user_data`, on a thread of the library. If `completion`
/// is NULL, devcred_call_wait returns the outcome.
///
/// `instance_id` may be NULL for the client's. `timeout_ms` is 1 to 86,400,000 milliseconds, or
/// DEVCRED_CLIENT_TIMEOUT. `call` may be NULL if there is a `completion`; otherwise the caller owns
/// `*call`, which is NULL if the status is not DEVCRED_OK. It is written before `completion` is
/// called, which may free it. `error` may be NULL; otherwise the caller owns `*error`, which is
/// NULL if there is no error. Any thread may call it, callbacks too. The client must not be freed
/// before this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_get_device_credential_start(
    client: *const Client,
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
    completion: Completion,
    user_data: *mut c_void,
    call: *mut *mut Call,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        let request = || request(Operation::GetDeviceCredential, client_id, instance_id, timeout_ms);
        start(request, client, completion, user_data, call, error)
    }
}

/// Starts to create the credential of a device, and returns immediately.
/// devcred_register_device_credential describes the operation.
///
/// The arguments, and what the caller owns, are those of devcred_get_device_credential_start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_register_device_credential_start(
    client: *const Client,
    client_id: *const c_char,
    instance_id: *const c_char,
    timeout_ms: i64,
    completion: Completion,
    user_data: *mut c_void,
    call: *mut *mut Call,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        let request = || request(Operation::RegisterDeviceCredential, client_id, instance_id, timeout_ms);
        start(request, client, completion, user_data, call, error)
    }
}

/// Starts a call.
///
/// # Safety
/// As the header asks of the caller.
unsafe fn start(
    request: impl FnOnce() -> Result<Request, Box<ErrorInfo>>,
    client: *const Client,
    completion: Completion,
    user_data: *mut c_void,
    call: *mut *mut Call,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller promises.
    unsafe {
        write_out(call, None);
        fallible(error, || {
            let client = &deref("client", client)?.0;
            let request = request()?;
            match completion {
                Some(completion) => {
                    // Before the call starts: it may complete first, and free the handle or what
                    // `call` points into.
                    let on_start = |handle: &CallHandle| write_out(call, Some(Call(Kind::Callback(handle.clone()))));
                    client.start_with_handle(request, on_start, completion_callback(completion, user_data));
                }
                None if call.is_null() => {
                    return Err(ErrorInfo::invalid_parameter(
                        "completion and call are both NULL; one of them must receive the outcome",
                    ));
                }
                None => write_out(call, Some(Call(Kind::Blocking(client.start_blocking(request))))),
            }
            Ok(DEVCRED_OK)
        })
    }
}

fn completion_callback(
    completion: unsafe extern "C" fn(*mut c_void, Status, *mut Credential, *mut Error),
    user_data: *mut c_void,
) -> impl FnOnce(bridge::Outcome) + Send {
    let user_data = UserData(user_data);
    move |outcome| {
        let (mut credential, mut error) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both can be written, and the header asks of the caller that the function may be called so.
        unsafe {
            let status = fallible(&raw mut error, || write_outcome(outcome, &raw mut credential));
            completion(user_data.get(), status, credential, error);
        }
    }
}

/// Blocks until a call that was started without a callback has ended, and returns its outcome,
/// once.
///
/// If the status is DEVCRED_OK, the caller owns `*credential`; otherwise it is NULL. `error` may be
/// NULL; otherwise the caller owns `*error`, which is NULL if there is no error.
///
/// Fails with DEVCRED_INVALID_PARAMETER, without waiting, for a call that has a callback, the
/// second time, inside a callback of the library, and in a process that was forked after the call
/// was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_wait(
    call: *const Call,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        blocking_call(credential, error, || match &deref("call", call)?.0 {
            Kind::Callback(_) => {
                Err(ErrorInfo::invalid_parameter("this call completes through its callback and cannot be waited for"))
            }
            Kind::Blocking(call) => Ok(call.wait()),
        })
    }
}

/// Cancels a call: it completes with DEVCRED_CANCELLED, unless it has already completed. Any thread
/// may call it, callbacks too, but not a signal handler: it is not async-signal-safe.
///
/// Fails with DEVCRED_INVALID_PARAMETER for NULL, and in a process that was forked after the call
/// was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_cancel(call: *const Call) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        fallible(ptr::null_mut(), || match &deref("call", call)?.0 {
            Kind::Callback(handle) => handle.cancel().map(|()| DEVCRED_OK),
            Kind::Blocking(call) => call.cancel().map(|()| DEVCRED_OK),
        })
    }
}

/// Frees the handle of a call. NULL is ignored. The call itself continues, and its callback is
/// still called.
///
/// No thread may use the handle, or wait for the call, afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_free(call: *mut Call) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(call) }
}
