//! Outcomes on their way from the thread of the bridge to an event loop.
//!
//! The loop is woken once for all outcomes that have arrived since it was last drained. So the
//! bridge seldom waits for the GIL, which a busy loop releases rarely.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use devcred_bridge::Outcome;
use pyo3::prelude::*;

use crate::{attach, outcome};

/// The completions of one event loop, which drains them.
#[pyclass(frozen, module = "devcred._native")]
pub(crate) struct CompletionQueue(Arc<Shared>);

struct Shared {
    event_loop: Py<PyAny>,
    /// Never locked while Python runs.
    completions: Mutex<Vec<Completion>>,
}

struct Completion {
    future: Py<PyAny>,
    outcome: Outcome,
}

#[pymethods]
impl CompletionQueue {
    #[new]
    fn new(event_loop: Py<PyAny>) -> Self {
        Self(Arc::new(Shared { event_loop, completions: Mutex::default() }))
    }

    /// Returns whether the queue is that of this event loop.
    fn belongs_to(&self, event_loop: &Bound<'_, PyAny>) -> bool {
        self.0.event_loop.is(event_loop)
    }

    /// Resolves the futures of all completions.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        let mut result = Ok(());
        for completion in self.0.take_all() {
            result = completion.resolve(py).and(result);
        }
        result
    }
}

impl CompletionQueue {
    /// Returns a callback that resolves `future` in the event loop.
    pub(crate) fn callback_for(&self, future: Py<PyAny>) -> impl FnOnce(Outcome) + Send + 'static + use<> {
        let shared = Arc::clone(&self.0);
        move |outcome| {
            if shared.push(Completion { future, outcome }) {
                attach::try_attach(|py| shared.wake(py));
            }
        }
    }
}

impl Shared {
    /// Returns whether the loop must be woken.
    fn push(&self, completion: Completion) -> bool {
        let mut completions = self.completions.lock().unwrap_or_else(PoisonError::into_inner);
        completions.push(completion);
        completions.len() == 1
    }

    fn take_all(&self) -> Vec<Completion> {
        mem::take(&mut *self.completions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wake(self: Arc<Self>, py: Python<'_>) {
        let drain = Bound::new(py, CompletionQueue(Arc::clone(&self))).and_then(|queue| queue.getattr("drain"));
        let woken = drain.and_then(|drain| self.event_loop.bind(py).call_method1("call_soon_threadsafe", (drain,)));
        if woken.is_err() {
            // The loop is closed, so no task waits any more.
            drop(self.take_all());
        }
    }
}

impl Completion {
    fn resolve(self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        if future.call_method0("done")?.is_truthy()? {
            // The task was cancelled, or the loop has abandoned it.
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
