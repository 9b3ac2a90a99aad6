//! A call under way, and how one waits for it.

use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::outcome::{ErrorInfo, Outcome};
use crate::{process, runtime};

/// A call that was started. Dropping it changes nothing: the call goes on and completes.
#[derive(Clone)]
pub struct Call {
    process: u32,
    /// Nothing in it is locked when it is dropped, so a child may.
    cancelled: Arc<Notify>,
}

impl Call {
    pub(crate) fn new(cancelled: Arc<Notify>) -> Self {
        Self { process: process::id(), cancelled }
    }

    /// Stops the call, which completes as [`Outcome::Cancelled`] unless it has completed otherwise before.
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked off after the call had begun.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        self.check_process()?;
        self.cancelled.notify_one();
        Ok(())
    }

    /// Whether somebody may wait for the call here.
    ///
    /// # Errors
    /// `InvalidParameter` on a thread of the runtime, such as inside a completion, where waiting would never end, and in a
    /// process that was forked off after the call had begun.
    pub fn may_wait(&self) -> Result<(), Box<ErrorInfo>> {
        self.check_process()?;
        refuse_to_block()
    }

    fn check_process(&self) -> Result<(), Box<ErrorInfo>> {
        if self.process == process::id() {
            return Ok(());
        }
        Err(ErrorInfo::invalid_parameter("the call was begun before this process was forked"))
    }
}

/// A call that somebody waits for.
pub struct Waiter {
    call: Call,
    slot: Arc<Slot>,
}

#[derive(Default)]
struct Slot {
    outcome: Mutex<Option<Outcome>>,
    completed: Condvar,
}

impl Waiter {
    /// Starts a call by what it is given: a completion.
    pub(crate) fn start(
        start: impl FnOnce(Box<dyn FnOnce(Outcome) + Send>) -> Result<Call, Box<ErrorInfo>>,
    ) -> Result<Self, Box<ErrorInfo>> {
        refuse_to_block()?;
        let slot = Arc::<Slot>::default();
        let completed = Arc::clone(&slot);
        let call = start(Box::new(move |outcome| {
            *completed.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            completed.completed.notify_all();
        }))?;
        Ok(Self { call, slot })
    }

    /// The call, to cancel it.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Waits until the call has completed. Every so often `check` is asked whether to go on, as an interpreter wants to look at
    /// its signals; where it says no, the call is cancelled, and waited for, since that takes no time.
    ///
    /// # Errors
    /// As [`Call::may_wait`].
    pub fn wait(self, every: Duration, mut check: impl FnMut() -> ControlFlow<()>) -> Result<Outcome, Box<ErrorInfo>> {
        self.call.may_wait()?;
        let mut is_cancelled = false;
        let mut outcome = self.slot.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = outcome.take() {
                return Ok(outcome);
            }
            let waited = self.slot.completed.wait_timeout(outcome, every);
            outcome = waited.unwrap_or_else(PoisonError::into_inner).0;
            if outcome.is_none() && !is_cancelled {
                // Not under the lock: it may take its time, and the completion must not wait for it.
                drop(outcome);
                if check().is_break() {
                    is_cancelled = true;
                    self.call.cancel()?;
                }
                outcome = self.slot.outcome.lock().unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// On a thread of the runtime, such as inside a completion, the call could wait for itself.
fn refuse_to_block() -> Result<(), Box<ErrorInfo>> {
    if runtime::is_our_thread() {
        return Err(ErrorInfo::invalid_parameter("a blocking call inside a callback would never end"));
    }
    Ok(())
}
