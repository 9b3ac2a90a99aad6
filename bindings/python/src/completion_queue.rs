//! Outcomes on their way from the thread of the bridge to an event loop.
//!
//! The loop is woken once for all outcomes that have arrived since it was last drained. It watches
//! a socket, so the bridge never waits for the GIL, which a busy loop releases rarely. Only a loop
//! that watches no descriptors is woken by a call of its method, which needs the GIL.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(unix)]
use std::{
    io::{Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
};

use devcred_bridge::{Outcome, ProcessBound};
use pyo3::intern;
use pyo3::prelude::*;

use crate::{attach, outcome};

/// The completions of one event loop, which drains them. The descriptors are closed with the queue.
#[pyclass(frozen, weakref, module = "devcred._native")]
pub(crate) struct CompletionQueue(ProcessBound<Shared>);

struct Shared {
    wakeup: Wakeup,
    /// Never locked while Python runs.
    completions: Mutex<Vec<Completion>>,
}

struct Completion {
    future: Py<PyAny>,
    outcome: Outcome,
}

/// How the event loop is woken.
enum Wakeup {
    /// The loop watches the receiver.
    #[cfg(unix)]
    Socket { sender: UnixStream, receiver: UnixStream },
    /// A weak reference to the loop.
    Method(Py<PyAny>),
}

#[pymethods]
impl CompletionQueue {
    /// Creates a queue for an event loop that watches `fileno`. With a weak reference to an event
    /// loop, the queue is drained by `call_soon_threadsafe` instead.
    #[new]
    #[pyo3(signature = (event_loop = None))]
    fn new(event_loop: Option<Py<PyAny>>) -> io::Result<Self> {
        let wakeup = event_loop.map_or_else(Wakeup::by_socket, |event_loop| Ok(Wakeup::Method(event_loop)))?;
        Ok(Self(ProcessBound::new(Shared { wakeup, completions: Mutex::default() })))
    }

    /// Returns the descriptor that becomes readable when the queue must be drained; -1 if there is
    /// none.
    fn fileno(&self) -> i32 {
        self.0.get().map_or(-1, |shared| shared.wakeup.descriptor())
    }

    /// Resolves the futures of all completions. In a forked child it does nothing: the completions
    /// are its parent's.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        let mut result = Ok(());
        if let Ok(shared) = self.0.get() {
            for completion in shared.take_all() {
                result = completion.resolve(py).and(result);
            }
        }
        result
    }
}

impl CompletionQueue {
    /// Returns a callback that resolves `future` in the event loop. It does not keep the queue
    /// alive: without a queue the loop is closed, so no task waits any more.
    pub(crate) fn callback_for(&self, future: Py<PyAny>) -> impl FnOnce(Outcome) + Send + 'static + use<> {
        let queue = self.0.get().map(Arc::downgrade).unwrap_or_default();
        move |outcome| {
            if let Some(shared) = queue.upgrade() {
                shared.push(Completion { future, outcome });
            }
        }
    }
}

impl Shared {
    /// Wakes the loop for the first completion that it has not taken.
    fn push(self: Arc<Self>, completion: Completion) {
        let mut completions = self.completions.lock().unwrap_or_else(PoisonError::into_inner);
        completions.push(completion);
        let is_first = completions.len() == 1;
        drop(completions);
        if is_first {
            self.wake();
        }
    }

    fn wake(self: Arc<Self>) {
        match &self.wakeup {
            // It cannot be full: the next byte is sent after this one was read.
            #[cfg(unix)]
            Wakeup::Socket { sender, .. } => drop((&*sender).write(&[0])),
            Wakeup::Method(event_loop) => {
                attach::try_attach(|py| {
                    if self.call_soon(event_loop.bind(py)).is_err() {
                        // The loop is closed, so no task waits any more.
                        drop(self.take_all());
                    }
                });
            }
        }
    }

    fn call_soon(self: &Arc<Self>, event_loop: &Bound<'_, PyAny>) -> PyResult<()> {
        let queue = CompletionQueue(ProcessBound::from_arc(Arc::clone(self)));
        let drain = Bound::new(event_loop.py(), queue)?.getattr("drain")?;
        event_loop.call0()?.call_method1("call_soon_threadsafe", (drain,)).map(drop)
    }

    /// Reads the byte first, so that the next completion wakes the loop again.
    fn take_all(&self) -> Vec<Completion> {
        #[cfg(unix)]
        if let Wakeup::Socket { receiver, .. } = &self.wakeup {
            let _ = (&*receiver).read(&mut [0]);
        }
        mem::take(&mut *self.completions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wakeup {
    #[cfg(unix)]
    fn by_socket() -> io::Result<Self> {
        let (sender, receiver) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self::Socket { sender, receiver })
    }

    #[cfg(not(unix))]
    fn by_socket() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn descriptor(&self) -> i32 {
        match self {
            #[cfg(unix)]
            Self::Socket { receiver, .. } => receiver.as_raw_fd(),
            Self::Method(_) => -1,
        }
    }
}

impl Completion {
    fn resolve(self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            // The task was cancelled, or the loop has abandoned it.
            return Ok(());
        }
        if matches!(self.outcome, Outcome::Cancelled) {
            future.call_method0(intern!(py, "cancel"))?;
            return Ok(());
        }
        match outcome::to_python(py, self.outcome) {
            Ok(credential) => future.call_method1(intern!(py, "set_result"), (credential,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
        };
        Ok(())
    }
}
