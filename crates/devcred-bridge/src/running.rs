//! The calls of a client that run, so that their end can be waited for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Running {
    calls: Mutex<usize>,
    ended: Condvar,
}

/// Counts one call as running until it is dropped.
pub(crate) struct Entry(Arc<Running>);

impl Running {
    fn calls(&self) -> MutexGuard<'_, usize> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enter(self: Arc<Self>) -> Entry {
        *self.calls() += 1;
        Entry(self)
    }

    /// Blocks until no call runs.
    pub(crate) fn wait_for_none(&self) {
        drop(self.ended.wait_while(self.calls(), |calls| *calls > 0));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut calls = self.0.calls();
        *calls -= 1;
        if *calls == 0 {
            self.0.ended.notify_all();
        }
    }
}
