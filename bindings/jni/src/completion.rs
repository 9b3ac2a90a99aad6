//! The end of a call.

use devcred_bridge::{ErrorInfo, Outcome};

use crate::data::ToJava as _;
use crate::jni::Thrown;
use crate::vm::{self, Global};

/// Calls a listener once, also if a panic drops this before there is an outcome: the caller waits
/// for one.
pub(crate) struct Completion(Option<Global>);

impl Completion {
    pub(crate) fn new(listener: Global) -> Self {
        Self(Some(listener))
    }

    pub(crate) fn complete(mut self, outcome: Outcome) {
        if let Some(listener) = self.0.take() {
            notify(&listener, &outcome);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(listener) = self.0.take() {
            notify(&listener, &ErrorInfo::panicked().into());
        }
    }
}

fn notify(listener: &Global, outcome: &Outcome) {
    vm::call_java(|env, methods| {
        // If Java has no memory for the outcome, the caller receives that exception.
        let outcome = outcome.to_java(env).unwrap_or_else(|Thrown| env.take_exception());
        env.call(listener.as_object(), methods.completed, [outcome])
    });
}
