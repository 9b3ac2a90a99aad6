//! A started call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use devcred_bridge::{self as bridge, CallHandle, ErrorInfo, Outcome, Request};

use crate::data::NativeOutcome;

/// Receives the outcome of a call, exactly once, on a thread of the bridge. It must return soon and
/// must not throw.
#[uniffi::export(callback_interface)]
pub trait NativeListener: Send + Sync {
    /// Called when the call has ended.
    fn completed(&self, outcome: NativeOutcome);
}

/// A started call. Dropping it does not cancel the call.
#[derive(uniffi::Object)]
pub struct NativeCall(Option<CallHandle>);

#[uniffi::export]
impl NativeCall {
    /// Cancels the call. A call that has ended keeps its outcome.
    pub fn cancel(&self) {
        if let Some(handle) = &self.0 {
            // It fails only in a forked child: the call belongs to the parent process then.
            let _ = catch_unwind(AssertUnwindSafe(|| handle.cancel()));
        }
    }
}

pub(crate) fn start(client: &bridge::Client, request: Request, listener: Box<dyn NativeListener>) -> Arc<NativeCall> {
    let completion = Completion(Some(listener));
    let start = || client.start(request, move |outcome| completion.complete(outcome));
    Arc::new(NativeCall(catch_unwind(AssertUnwindSafe(start)).ok()))
}

/// Calls the listener, also if a panic drops this before there is an outcome: the caller waits for
/// one.
struct Completion(Option<Box<dyn NativeListener>>);

impl Completion {
    fn complete(mut self, outcome: Outcome) {
        self.call_listener(outcome);
    }

    fn call_listener(&mut self, outcome: Outcome) {
        if let Some(listener) = self.0.take() {
            listener.completed(outcome.into());
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.call_listener(ErrorInfo::panicked().into());
    }
}
