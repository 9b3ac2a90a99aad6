//! Counts the running calls of a client, so that a thread can wait for their end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct RunningCalls {
    state: Mutex<State>,
    none_left: Condvar,
}

#[derive(Default)]
struct State {
    count: usize,
    /// Whether a thread waits: to notify none costs a system call.
    is_awaited: bool,
}

/// Counts one call as running until it is dropped.
pub(crate) struct RunningCall(Arc<RunningCalls>);

impl RunningCalls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(self: Arc<Self>) -> RunningCall {
        self.state().count += 1;
        RunningCall(self)
    }

    /// Blocks until no call runs.
    pub(crate) fn wait_for_none(&self) {
        let is_running = |state: &mut State| {
            state.is_awaited = state.count > 0;
            state.is_awaited
        };
        drop(self.none_left.wait_while(self.state(), is_running));
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.count -= 1;
        if state.count == 0 && state.is_awaited {
            self.0.none_left.notify_all();
        }
    }
}
