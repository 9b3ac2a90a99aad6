//! A call that was started: it completes by a callback, or is waited for.

use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::ptr;

use devcred_bridge::{self as bridge, ErrorInfo};

use crate::boundary::{fallible, free, known, put};
use crate::client::{Client, NEVER, deliver, fetch, request};
use crate::credential::Credential;
use crate::error::Error;
use crate::log::UserData;
use crate::status::Status;

/// A call that was started. It belongs to the caller, who frees it with devcred_call_free, before or after it has completed.
pub struct Call(Kind);

enum Kind {
    /// It completes by its callback.
    Told(bridge::Call),
    /// Somebody waits for it.
    Waited(bridge::Pending),
}

/// Is told how a call ended, exactly once, on a thread of the library: DEVCRED_OK with a credential, DEVCRED_CANCELLED with
/// neither, any other status with an error. Credential and error are the callee's, who frees them.
///
/// It must return soon, and may not block: no other call makes progress meanwhile. It may start and cancel calls, and free
/// anything. It must return: a C++ exception that leaves it ends the process, and longjmp out of it is not allowed.
pub type Completion = Option<
    unsafe extern "C" fn(user_data: *mut c_void, status: Status, credential: *mut Credential, error: *mut Error),
>;

/// Starts to fetch the credential of a device, and returns at once.
///
/// Where the status is DEVCRED_OK, `completion` is called exactly once, perhaps before this function returns; else never.
/// Without one (NULL) the outcome is devcred_call_wait's. `user_data` is handed to `completion`, on a thread of the library.
///
/// `instance_id` is NULL for the client's own. `timeout_ms` is 1 to 86,400,000 milliseconds, or DEVCRED_CLIENT_TIMEOUT. `call`
/// may be NULL where there is a `completion`; else `*call` is the caller's, or NULL where the status is not DEVCRED_OK. It is
/// written before `completion` is called, which may free it. `error` may be NULL; else `*error` is the caller's, or NULL where
/// there is none. Any thread may call it, a callback too. The client must not be freed before this function has returned.
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
        put(call, None);
        fallible(error, || {
            let client = &known("client", client)?.0;
            let request = request(client_id, instance_id, timeout_ms)?;
            match completion {
                Some(completion) => {
                    // Not afterwards: the completion may come first, and free the handle or what `call` points into.
                    let begin = |begun: &bridge::Call| put(call, Some(Call(Kind::Told(begun.clone()))));
                    client.start_with(request, begin, completing(completion, user_data));
                }
                None if call.is_null() => {
                    return Err(ErrorInfo::invalid_parameter(
                        "completion and call are both NULL; one of them must receive the outcome",
                    ));
                }
                None => put(call, Some(Call(Kind::Waited(client.begin(request))))),
            }
            Ok(())
        })
    }
}

fn completing(
    completion: unsafe extern "C" fn(*mut c_void, Status, *mut Credential, *mut Error),
    user_data: *mut c_void,
) -> impl FnOnce(bridge::Outcome) + Send {
    let user_data = UserData(user_data);
    move |outcome| {
        let (mut credential, mut error) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both can be written, and the header asks of the caller that the function may be called so.
        unsafe {
            let status = deliver(outcome, &raw mut credential, &raw mut error);
            completion(user_data.get(), status, credential, error);
        }
    }
}

/// Waits for a call that was started without a callback. Its outcome is handed out once.
///
/// `*credential` is the caller's where the status is DEVCRED_OK, else NULL. `error` may be NULL; else `*error` is the caller's,
/// or NULL where there is none.
///
/// DEVCRED_INVALID_PARAMETER, without waiting: for a call that has a callback, for a second time, inside a callback of the
/// library, and in a process that was forked off after the call was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_wait(
    call: *const Call,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        fetch(credential, error, || match &known("call", call)?.0 {
            Kind::Told(_) => {
                Err(ErrorInfo::invalid_parameter("this call completes through its callback and cannot be waited for"))
            }
            Kind::Waited(pending) => {
                let outcome = pending.wait(NEVER, || ControlFlow::Continue(()));
                outcome.ok_or_else(|| ErrorInfo::invalid_parameter("the wait was broken off"))
            }
        })
    }
}

/// Cancels a call: it completes as DEVCRED_CANCELLED, unless it has completed before. Any thread may call it, a callback too, but
/// no signal handler: it is not async-signal-safe.
///
/// Fails with DEVCRED_INVALID_PARAMETER for NULL, and in a process that was forked off after the call was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_cancel(call: *const Call) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        fallible(ptr::null_mut(), || match &known("call", call)?.0 {
            Kind::Told(call) => call.cancel(),
            Kind::Waited(pending) => pending.cancel(),
        })
    }
}

/// Frees the handle of a call. NULL is allowed and does nothing. The call itself goes on: a callback is called all the same.
///
/// No thread may use the handle any more, nor wait for the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_call_free(call: *mut Call) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(call) }
}
