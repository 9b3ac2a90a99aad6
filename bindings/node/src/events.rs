//! The events of a client, which reach the thread of JavaScript in order.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use devcred_bridge::{LogLevel, Outcome};
use napi::bindgen_prelude::{Function, Result, ToNapiValue, sys};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use crate::data::{Credential, ErrorInfo};

/// What the facade receives as an array: `[id, credential, error]`, of which a cancelled call has
/// the id only, or `[level, message]`.
pub enum Event {
    Ended { id: u32, outcome: Outcome },
    Logged { level: LogLevel, message: String },
}

impl ToNapiValue for Event {
    unsafe fn to_napi_value(env: sys::napi_env, event: Self) -> Result<sys::napi_value> {
        let (id, credential, error) = match event {
            Self::Ended { id, outcome: Outcome::Credential(credential) } => {
                (id, Some(Credential::from(*credential)), None)
            }
            Self::Ended { id, outcome: Outcome::Error(error) } => (id, None, Some(ErrorInfo::from(error))),
            Self::Ended { id, outcome: Outcome::Cancelled } => (id, None, None),
            Self::Logged { level, message } => {
                // SAFETY: as the caller promises.
                return unsafe { ToNapiValue::to_napi_value(env, (level.name(), message)) };
            }
        };
        // SAFETY: as the caller promises.
        unsafe { ToNapiValue::to_napi_value(env, (id, credential, error)) }
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
