//! The events of a client, which reach the thread of JavaScript in order.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use devcred_bridge::{LogLevel, Outcome};
use napi::bindgen_prelude::{Function, Result, sys};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use crate::data::{Credential, ErrorInfo};

/// Either a call has ended (`id` and, unless it was cancelled, `credential` or `error`), or the
/// client logs a line (`level` and `message`).
#[derive(Default)]
#[napi(object, object_from_js = false)]
pub struct Event {
    pub id: Option<u32>,
    pub credential: Option<Credential>,
    pub error: Option<ErrorInfo>,
    pub level: Option<&'static str>,
    pub message: Option<String>,
}

impl Event {
    pub(crate) fn ended(id: u32, outcome: Outcome) -> Self {
        let mut event = Self { id: Some(id), ..Self::default() };
        match outcome {
            Outcome::Credential(credential) => event.credential = Some((*credential).into()),
            Outcome::Error(error) => event.error = Some(error.into()),
            Outcome::Cancelled => {}
        }
        event
    }

    pub(crate) fn logged(level: LogLevel, message: &str) -> Self {
        Self { level: Some(level.name()), message: Some(message.to_owned()), ..Self::default() }
    }
}

/// The events that JavaScript has not received yet.
type EventQueue = Mutex<Vec<Event>>;

/// Calls the facade's function with all events that are queued by then, so that JavaScript is woken
/// and entered once for many. It does not keep the event loop alive by itself.
pub(crate) struct EventSender {
    function: ThreadsafeFunction<(), (), Vec<Event>, Status, false, true>,
    /// The function owns the queue, so the events, which contain secrets, are dropped with the
    /// environment.
    queue: Weak<EventQueue>,
}

impl EventSender {
    pub(crate) fn new(function: &Function<Vec<Event>, ()>) -> Result<Self> {
        let events = Arc::<EventQueue>::default();
        let queue = Arc::downgrade(&events);
        let builder = function.build_threadsafe_function::<()>().weak::<true>();
        let function = builder
            .build_callback(move |_| Ok(std::mem::take(&mut *events.lock().unwrap_or_else(PoisonError::into_inner))))?;
        Ok(Self { function, queue })
    }

    /// Sends an event, from any thread. If the environment has ended, such as that of a terminated
    /// worker, the event is dropped.
    pub(crate) fn send(&self, event: Event) {
        let Some(queue) = self.queue.upgrade() else { return };
        let is_first = {
            let mut events = queue.lock().unwrap_or_else(PoisonError::into_inner);
            events.push(event);
            events.len() == 1
        };
        // Otherwise the call for the first event takes this one too.
        if is_first {
            self.function.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Sets whether the event loop stays alive to wait for events.
    pub(crate) fn keep_alive(&self, env: &Env, alive: bool) {
        let set = if alive { sys::napi_ref_threadsafe_function } else { sys::napi_unref_threadsafe_function };
        self.function.handle.with_read_aborted(|is_gone| {
            if !is_gone {
                // SAFETY: this is the environment's thread, and the function lives until it is gone.
                unsafe { set(env.raw(), self.function.raw()) };
            }
        });
    }
}
