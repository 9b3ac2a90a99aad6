//! The end of a call.

use devcred_bridge::{ErrorInfo, Outcome};

use crate::data::ToJava as _;
use crate::jni::{Env, Object, Thrown};
use crate::vm::{self, Global};

/// Calls a listener once, also if a panic drops this before there is an outcome: the caller waits
/// for one.
pub(crate) struct Completion(Option<Global>);

impl Completion {
    pub(crate) fn new(listener: Global) -> Self {
        Self(Some(listener))
    }

    pub(crate) fn complete(mut self, outcome: Outcome) {
        self.call_listener(&outcome);
    }

    fn call_listener(&mut self, outcome: &Outcome) {
        if let Some(listener) = self.0.take() {
            vm::call_java(|env, methods| {
                // If Java has no memory for the outcome, the caller receives that exception.
                let arguments = match arguments(env, outcome) {
                    Ok([credential, error]) => [credential, error, Object::NULL],
                    Err(Thrown) => [Object::NULL, Object::NULL, env.take_exception()],
                };
                env.call(listener.as_object(), methods.completed, arguments)
            });
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.call_listener(&ErrorInfo::panicked().into());
    }
}

/// Returns the credential and the error: at most one of them is not null.
pub(crate) fn arguments<'frame>(env: Env<'frame>, outcome: &Outcome) -> Result<[Object<'frame>; 2], Thrown> {
    Ok(match outcome {
        Outcome::Credential(credential) => [credential.to_java(env)?, Object::NULL],
        Outcome::Error(error) => [Object::NULL, error.to_java(env)?],
        Outcome::Cancelled => [Object::NULL; 2],
    })
}
