//! A call that was started.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use devcred_bridge::{self as bridge, ErrorInfo, Outcome};

use crate::options::NativeRequest;
use crate::outcome::NativeOutcome;

/// Is told how a call ended, exactly once, on a thread of the bridge. It must return soon, and throw nothing.
#[uniffi::export(callback_interface)]
pub trait NativeListener: Send + Sync {
    /// Is told it.
    fn completed(&self, outcome: NativeOutcome);
}

/// A call that was started. Dropping it leaves the call as it is.
#[derive(uniffi::Object)]
pub struct NativeCall(Option<bridge::Call>);

#[uniffi::export]
impl NativeCall {
    /// Ends the call soon, as cancelled. One that has ended stays as it ended.
    pub fn cancel(&self) {
        if let Some(call) = &self.0 {
            // It fails in a forked child only, where the call is the parent's.
            let _ = catch_unwind(AssertUnwindSafe(|| call.cancel()));
        }
    }
}

pub(crate) fn start(
    client: &bridge::Client,
    request: NativeRequest,
    listener: Box<dyn NativeListener>,
) -> Arc<NativeCall> {
    let completion = Completion(Some(listener));
    let start = || client.start(request.into(), move |outcome| completion.complete(outcome));
    Arc::new(NativeCall(catch_unwind(AssertUnwindSafe(start)).ok()))
}

/// Tells the listener, also where a panic takes it away before there is an outcome: somebody waits for one.
struct Completion(Option<Box<dyn NativeListener>>);

impl Completion {
    fn complete(mut self, outcome: Outcome) {
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: Outcome) {
        if let Some(listener) = self.0.take() {
            listener.completed(outcome.into());
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.tell(Outcome::Error(ErrorInfo::panicked()));
    }
}
