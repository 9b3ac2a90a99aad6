//! The end of a call.

use devcred_bridge::{ErrorInfo, Outcome};

use crate::data::ToJava as _;
use crate::jni::{Env, Object, Thrown};
use crate::vm::{self, Global, RunningCall};

/// Calls a listener once, also if a panic drops this before there is an outcome: the caller waits
/// for one.
pub(crate) struct Completion(Option<(Global, RunningCall)>);

impl Completion {
    pub(crate) fn new(listener: Global) -> Self {
        Self(Some((listener, RunningCall::new())))
    }

    pub(crate) fn complete(mut self, outcome: Outcome) {
        self.call_listener(&outcome);
    }

    fn call_listener(&mut self, outcome: &Outcome) {
        if let Some((listener, running)) = self.0.take() {
            vm::call_java(|env, methods| {
                // If Java has no memory for the outcome, the caller receives that exception.
                let arguments =
                    arguments(env, outcome).unwrap_or_else(|Thrown| [Object::NULL, Object::NULL, env.take_exception()]);
                env.call(listener.as_object(), methods.completed, arguments)
            });
            drop(listener);
            drop(running);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.call_listener(&ErrorInfo::panicked().into());
    }
}

/// Returns the arguments of `NativeListener.completed`: at most one of them is not null.
fn arguments<'frame>(env: Env<'frame>, outcome: &Outcome) -> Result<[Object<'frame>; 3], Thrown> {
    Ok(match outcome {
        Outcome::Credential(credential) => [credential.to_java(env)?, Object::NULL, Object::NULL],
        Outcome::Error(error) => [Object::NULL, error.to_java(env)?, Object::NULL],
        Outcome::Cancelled => [Object::NULL; 3],
    })
}
