//! A call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use devcred_bridge::{self as bridge, CallHandle, Credential, ErrorInfo, MqttLogin, Outcome, Request};

/// Receives the outcome of a call: one of these functions is called, exactly once, on a thread of
/// the bridge. It must return soon and must not throw.
#[uniffi::export(callback_interface)]
pub trait NativeListener: Send + Sync {
    /// Called when the operation has returned the device's credential. `texts` has each of its
    /// texts on a line.
    fn succeeded(&self, texts: String, create_time_ms: i64, update_time_ms: i64);

    /// Called when the call has failed.
    fn failed(&self, error: ErrorInfo);

    /// Called when the caller has cancelled the call.
    fn cancelled(&self);
}

/// A call that can be cancelled at any time, also before it is started. Dropping it does not cancel
/// the call.
#[derive(Default, uniffi::Object)]
pub struct NativeCall(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    New,
    Started(CallHandle),
    Cancelled,
}

#[uniffi::export]
impl NativeCall {
    /// Creates a call that is not started yet.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the call. A call that has ended keeps its outcome.
    pub fn cancel(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::New => *state = State::Cancelled,
            State::Started(handle) => {
                // It fails only in a forked child: the call belongs to the parent process then.
                let _ = catch_unwind(AssertUnwindSafe(|| handle.cancel()));
            }
            State::Cancelled => {}
        }
    }
}

impl NativeCall {
    /// Starts the call unless it is already cancelled. Starting returns immediately, so a
    /// cancellation can wait for the lock; it then finds the call.
    pub(crate) fn start(&self, client: &bridge::Client, request: Request, listener: Box<dyn NativeListener>) {
        let completion = Completion(Some(listener));
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Cancelled) {
            drop(state);
            return completion.complete(Outcome::Cancelled);
        }
        let start = || client.start(request, move |outcome| completion.complete(outcome));
        if let Ok(handle) = catch_unwind(AssertUnwindSafe(start)) {
            *state = State::Started(handle);
        }
    }
}

/// Calls the listener, also if a panic drops this before there is an outcome: the caller waits for
/// one.
struct Completion(Option<Box<dyn NativeListener>>);

impl Completion {
    fn complete(mut self, outcome: Outcome) {
        if let Some(listener) = self.0.take() {
            notify(&*listener, outcome);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(listener) = self.0.take() {
            notify(&*listener, ErrorInfo::panicked().into());
        }
    }
}

fn notify(listener: &dyn NativeListener, outcome: Outcome) {
    match outcome {
        Outcome::Credential(credential) => succeed(listener, *credential),
        Outcome::Error(error) => listener.failed(*error),
        Outcome::Cancelled => listener.cancelled(),
    }
}

fn succeed(listener: &dyn NativeListener, credential: Credential) {
    let (create_time_ms, update_time_ms) = (credential.create_time_ms, credential.update_time_ms);
    listener.succeeded(texts(credential), create_time_ms, update_time_ms);
}

/// Joins the texts of a credential, none of which contains a control character: the core checks
/// the request and the response. One text crosses at a fraction of the cost of a record.
pub(crate) fn texts(credential: Credential) -> String {
    let Credential {
        client_id,
        instance_id,
        device_access_key_id,
        device_access_key_secret,
        request_id,
        mqtt_login: MqttLogin { client_id: mqtt_client_id, username, password },
        ..
    } = credential;
    let texts = [
        client_id.as_str(),
        &instance_id,
        &device_access_key_id,
        device_access_key_secret.reveal(),
        &request_id,
        &mqtt_client_id,
        &username,
        password.reveal(),
    ];
    texts.join("\n")
}
