//! Outcomes on their way from the bridge's threads to an event loop.
//!
//! The loop is woken once for all that have come since it looked last: so a thread of the bridge seldom has to wait for the
//! GIL, for which a busy loop makes it wait long.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use devcred_bridge::Outcome;
use pyo3::prelude::*;

use crate::{door, outcome};

/// The inbox of one event loop, which empties it.
#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct Inbox(Arc<Shared>);

struct Shared {
    event_loop: Py<PyAny>,
    /// Never held while Python runs.
    due: Mutex<Vec<Due>>,
}

struct Due {
    future: Py<PyAny>,
    outcome: Outcome,
}

#[pymethods]
impl Inbox {
    #[new]
    fn new(event_loop: Py<PyAny>) -> Self {
        Self(Arc::new(Shared { event_loop, due: Mutex::default() }))
    }

    /// Whether it is this event loop's.
    fn is_of(&self, event_loop: &Bound<'_, PyAny>) -> bool {
        self.0.event_loop.is(event_loop)
    }

    fn empty(&self, py: Python<'_>) -> PyResult<()> {
        let mut failed = Ok(());
        for due in self.0.take() {
            failed = due.settle(py).and(failed);
        }
        failed
    }
}

impl Inbox {
    /// What to do with the outcome that `future` waits for.
    pub(crate) fn expect(&self, future: Py<PyAny>) -> impl FnOnce(Outcome) + Send + 'static + use<> {
        let shared = Arc::clone(&self.0);
        move |outcome| {
            if shared.put(Due { future, outcome }) {
                door::enter(|py| shared.wake(py));
            }
        }
    }
}

impl Shared {
    /// Gives whether the loop has to be woken for it.
    fn put(&self, due: Due) -> bool {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(due);
        all.len() == 1
    }

    fn take(&self) -> Vec<Due> {
        mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wake(self: Arc<Self>, py: Python<'_>) {
        let empty = Bound::new(py, Inbox(Arc::clone(&self))).and_then(|inbox| inbox.getattr("empty"));
        let woken = empty.and_then(|empty| self.event_loop.bind(py).call_method1("call_soon_threadsafe", (empty,)));
        if woken.is_err() {
            // The loop is closed, so nobody waits any more.
            drop(self.take());
        }
    }
}

impl Due {
    fn settle(self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        if future.call_method0("done")?.is_truthy()? {
            // Its task was cancelled, or its loop has given it up.
            return Ok(());
        }
        if matches!(self.outcome, Outcome::Cancelled) {
            future.call_method0("cancel")?;
            return Ok(());
        }
        match outcome::to_python(py, self.outcome) {
            Ok(credential) => future.call_method1("set_result", (credential,))?,
            Err(error) => future.call_method1("set_exception", (error,))?,
        };
        Ok(())
    }
}
