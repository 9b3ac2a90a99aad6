//! Counts the running calls of a client, so that a thread can wait for their end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct RunningCalls {
    count: Mutex<usize>,
    none_left: Condvar,
}

/// Counts one call as running until it is dropped.
pub(crate) struct RunningCall(Arc<RunningCalls>);

impl RunningCalls {
    fn count(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(self: Arc<Self>) -> RunningCall {
        *self.count() += 1;
        RunningCall(self)
    }

    /// Blocks until no call runs.
    pub(crate) fn wait_for_none(&self) {
        drop(self.none_left.wait_while(self.count(), |count| *count > 0));
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut count = self.0.count();
        *count -= 1;
        if *count == 0 {
            self.0.none_left.notify_all();
        }
    }
}
