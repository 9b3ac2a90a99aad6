//! A call that a thread waits for.

use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::call::CallHandle;
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::ProcessBound;
use crate::runtime::is_bridge_thread;

/// Receives the outcome of a call.
pub(crate) type Completion = Box<dyn FnOnce(Outcome) + Send>;

/// A started call whose outcome is kept until a thread waits for it. Dropping it does not cancel
/// the call.
pub struct BlockingCall {
    handle: CallHandle,
    outcome: ProcessBound<OutcomeCell>,
}

#[derive(Default)]
struct OutcomeCell {
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

impl BlockingCall {
    /// Starts a call with this function, which receives the completion.
    pub(crate) fn start(start: impl FnOnce(Completion) -> CallHandle) -> Self {
        let cell = Arc::<OutcomeCell>::default();
        let completed = Arc::clone(&cell);
        let handle = start(Box::new(move |outcome| completed.complete(outcome)));
        Self { handle, outcome: ProcessBound::from_arc(cell) }
    }

    /// Cancels the call, like [`CallHandle::cancel`]. A wait returns [`Outcome::Cancelled`].
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked after the call was started.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        self.handle.cancel()
    }

    /// Blocks until the call has ended and returns its outcome.
    ///
    /// The outcome is returned once; a second wait returns an error of kind `InvalidParameter`. So
    /// does, immediately, a wait on a thread of the bridge, which would wait for itself, and one in
    /// a process that was forked after the call was started.
    pub fn wait(&self) -> Outcome {
        match self.cell() {
            Ok(cell) => cell.take(),
            Err(refusal) => refusal.into(),
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
            let cell = match self.cell() {
                Ok(cell) => cell,
                Err(refusal) => return Some(refusal.into()),
            };
            if let Some(outcome) = cell.take_within(interval) {
                return Some(outcome);
            }
            if check().is_break() {
                return None;
            }
        }
    }

    fn cell(&self) -> Result<&OutcomeCell, Box<ErrorInfo>> {
        if is_bridge_thread() {
            return Err(ErrorInfo::blocking_in_callback());
        }
        self.outcome.get().map(|cell| &**cell).map_err(|_| ErrorInfo::started_before_fork())
    }
}

impl OutcomeCell {
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
            Self::Running | Self::Taken => ErrorInfo::outcome_already_taken().into(),
        }
    }
}
