//! A call that is waited for.

use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use devcred::{Error, bridge_support};

use crate::call::{self, Call};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::OfProcess;
use crate::runtime::is_bridge_thread;

/// Receives the outcome of a call.
pub(crate) type Completion = Box<dyn FnOnce(Outcome) + Send>;

/// A started call whose outcome is kept until it is waited for. Dropping it does not cancel the call.
pub struct Pending {
    call: Call,
    slot: OfProcess<Slot>,
}

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    completed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Running,
    Ready(Outcome),
    Taken,
}

impl Pending {
    /// Starts a call with this function, which receives the completion.
    pub(crate) fn start(start: impl FnOnce(Completion) -> Call) -> Self {
        let slot = Arc::<Slot>::default();
        let filled = Arc::clone(&slot);
        let call = start(Box::new(move |outcome| filled.complete(outcome)));
        Self { call, slot: OfProcess::of(slot) }
    }

    /// Cancels the call, like [`Call::cancel`]. A wait returns [`Outcome::Cancelled`].
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked after the call had begun.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        self.call.cancel()
    }

    /// Blocks until the call has ended and returns its outcome.
    ///
    /// The outcome is returned once; a second wait returns an error of kind `InvalidParameter`. So
    /// does, immediately, a wait on a thread of the bridge, which would wait for itself, and one in
    /// a process that was forked after the call was started.
    pub fn wait(&self) -> Outcome {
        match self.slot() {
            Ok(slot) => slot.take(),
            Err(refused) => refused.into(),
        }
    }

    /// Like [`wait`](Self::wait), but calls `check` after every `interval`. If `check` breaks, this
    /// returns `None` and the call continues. `check` runs without any lock of the bridge and may
    /// even fork.
    pub fn wait_interruptible(
        &self,
        interval: Duration,
        mut check: impl FnMut() -> ControlFlow<()>,
    ) -> Option<Outcome> {
        loop {
            let slot = match self.slot() {
                Ok(slot) => slot,
                Err(refused) => return Some(refused.into()),
            };
            if let Some(outcome) = slot.take_within(interval) {
                return Some(outcome);
            }
            if check().is_break() {
                return None;
            }
        }
    }

    fn slot(&self) -> Result<&Slot, Error> {
        if is_bridge_thread() {
            return Err(on_bridge_thread());
        }
        self.slot.here().map(|slot| &**slot).map_err(|_| call::before_fork())
    }
}

impl Slot {
    fn complete(&self, outcome: Outcome) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Ready(outcome);
        self.completed.notify_all();
    }

    fn take(&self) -> Outcome {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self.completed.wait_while(state, |state| state.is_running());
        ended.unwrap_or_else(PoisonError::into_inner).take()
    }

    fn take_within(&self, interval: Duration) -> Option<Outcome> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.completed.wait_timeout_while(state, interval, |state| state.is_running());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (!state.is_running()).then(|| state.take())
    }
}

impl State {
    fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    fn take(&mut self) -> Outcome {
        match mem::replace(self, Self::Taken) {
            Self::Ready(outcome) => outcome,
            Self::Running | Self::Taken => taken().into(),
        }
    }
}

pub(crate) fn on_bridge_thread() -> Error {
    bridge_support::invalid_parameter("a blocking call inside a callback would wait for itself; start the call instead")
}

fn taken() -> Error {
    bridge_support::invalid_parameter("the outcome of this call was already taken")
}
