//! A call whose outcome is waited for.

use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use devcred::{Error, bridge_support};

use crate::call::{self, Call};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::OfProcess;
use crate::runtime::is_bridge_thread;

/// What is called with an outcome.
pub(crate) type Completion = Box<dyn FnOnce(Outcome) + Send>;

/// A started call whose outcome is kept for the one who waits. Dropping it leaves the call as it
/// is.
pub struct Pending {
    call: Call,
    slot: OfProcess<Slot>,
}

#[derive(Default)]
struct Slot {
    due: Mutex<Due>,
    completed: Condvar,
}

#[derive(Default)]
enum Due {
    #[default]
    Running,
    Here(Outcome),
    Taken,
}

impl Pending {
    /// Starts a call by this function, which is called with the call's completion.
    pub(crate) fn start(start: impl FnOnce(Completion) -> Call) -> Self {
        let slot = Arc::<Slot>::default();
        let filled = Arc::clone(&slot);
        let call = start(Box::new(move |outcome| filled.put(outcome)));
        Self { call, slot: OfProcess::of(slot) }
    }

    /// Cancels the call, as [`Call::cancel`] does. Whoever waits gets [`Outcome::Cancelled`].
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked after the call had begun.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        self.call.cancel()
    }

    /// Blocks until the call has ended, and takes its outcome. `check` is asked after every
    /// `interval` of waiting: where it breaks, this returns `None` and the call goes on. `check`
    /// holds no lock of the bridge and may even fork.
    ///
    /// An outcome is given once; a second wait for it is an error of kind `InvalidParameter`. So
    /// is, at once, a wait on a thread of the bridge, which could wait for itself, and one in a
    /// process that was forked after the call had begun.
    pub fn wait(&self, interval: Duration, mut check: impl FnMut() -> ControlFlow<()>) -> Option<Outcome> {
        if is_bridge_thread() {
            return Some(on_bridge_thread().into());
        }
        loop {
            let Ok(slot) = self.slot.here() else {
                return Some(call::before_fork().into());
            };
            if let Some(outcome) = slot.take_within(interval) {
                return Some(outcome);
            }
            if check().is_break() {
                return None;
            }
        }
    }
}

impl Slot {
    fn put(&self, outcome: Outcome) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Due::Here(outcome);
        self.completed.notify_all();
    }

    fn take_within(&self, interval: Duration) -> Option<Outcome> {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running = |due: &mut Due| matches!(due, Due::Running);
        let waited = self.completed.wait_timeout_while(due, interval, is_running);
        let (mut due, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if is_running(&mut due) {
            return None;
        }
        match mem::replace(&mut *due, Due::Taken) {
            Due::Here(outcome) => Some(outcome),
            Due::Running | Due::Taken => Some(taken().into()),
        }
    }
}

pub(crate) fn on_bridge_thread() -> Error {
    bridge_support::invalid_parameter("a blocking call inside a callback would wait for itself; start the call instead")
}

fn taken() -> Error {
    bridge_support::invalid_parameter("the outcome of this call was already taken")
}
