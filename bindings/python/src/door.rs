//! The door by which threads that are outside of Python enter it: those of the bridge, and those of the caller's that have waited
//! for a call. It is shut before the interpreter goes.
//!
//! A thread that is on its way in while the interpreter goes away crashes the process, and Python has no way to ask for certain.
//! So the threads inside are counted, and at exit no more are let in.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How many are inside, or on their way in or out.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Who has shut the door: the one thread that still uses Python.
static SHUT_BY: OnceLock<ThreadId> = OnceLock::new();

/// How long an exit waits for those who are inside. In a forked child they may be threads of the parent, which never leave.
const PATIENCE: Duration = Duration::from_millis(100);

/// A thread is inside as long as it has this.
pub(crate) struct Inside;

impl Inside {
    fn if_open() -> Option<Self> {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let inside = Self;
        let is_open = SHUT_BY.get().is_none_or(|thread| *thread == thread::current().id());
        is_open.then_some(inside)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Does something in Python. `None`: there is no Python any more.
pub(crate) fn enter<T>(body: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _inside = Inside::if_open()?;
    Python::try_attach(body)
}

/// Lets a thread of the caller's go on in Python after it has waited without the GIL. Where there is no Python any more it stays
/// outside for ever, as every daemon thread does from Python 3.14 on.
pub(crate) fn come_back() -> Inside {
    loop {
        if let Some(inside) = Inside::if_open() {
            return inside;
        }
        thread::park();
    }
}

/// Lets nobody in any more, and waits until those who are inside have left. Python calls it at exit.
#[pyfunction]
pub(crate) fn shut(py: Python<'_>) {
    let _ = SHUT_BY.set(thread::current().id());
    py.detach(|| {
        let begin = Instant::now();
        while INSIDE.load(Ordering::SeqCst) > 0 && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    });
}
