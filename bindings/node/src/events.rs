//! What a client tells JavaScript: events, each brought from a thread of the bridge to the thread of JavaScript, in order.

use devcred_bridge::{LogLevel, Outcome};
use napi::bindgen_prelude::{Function, Result, sys};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use crate::outcome::{Credential, Failure};

/// Either a call has ended (`id` and, unless it was cancelled, `credential` or `failure`), or there is a line for the log.
#[derive(Default)]
#[napi(object, object_from_js = false)]
pub struct Event {
    pub id: Option<u32>,
    pub credential: Option<Credential>,
    pub failure: Option<Failure>,
    pub level: Option<&'static str>,
    pub message: Option<String>,
}

impl Event {
    pub(crate) fn ended(id: u32, outcome: Outcome) -> Self {
        let mut event = Self { id: Some(id), ..Self::default() };
        match outcome {
            Outcome::Ok(credential) => event.credential = Some((*credential).into()),
            Outcome::Error(error) => event.failure = Some(error.into()),
            Outcome::Cancelled => {}
        }
        event
    }

    pub(crate) fn logged(level: LogLevel, message: &str) -> Self {
        Self { level: Some(level.name()), message: Some(message.to_owned()), ..Self::default() }
    }
}

/// The facade's function that is told. By itself it does not keep the event loop alive.
pub(crate) struct Events(ThreadsafeFunction<Event, (), Event, Status, false, true>);

impl Events {
    pub(crate) fn to(function: &Function<Event, ()>) -> Result<Self> {
        let builder = function.build_threadsafe_function::<Event>().weak::<true>();
        builder.build_callback(|event| Ok(event.value)).map(Self)
    }

    /// On any thread. Where the environment has ended, such as a worker that was terminated, nobody is told.
    pub(crate) fn tell(&self, event: Event) {
        self.0.call(event, ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// From now on the event loop waits for events, or no longer.
    pub(crate) fn keep_alive(&self, env: &Env, alive: bool) {
        let set = if alive { sys::napi_ref_threadsafe_function } else { sys::napi_unref_threadsafe_function };
        self.0.handle.with_read_aborted(|is_gone| {
            if !is_gone {
                // SAFETY: this is the environment's thread, and the function lives as long as it is not gone.
                unsafe { set(env.raw(), self.0.raw()) };
            }
        });
    }
}
