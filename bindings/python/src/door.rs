//! The door by which threads of the bridge enter Python. It is shut before the interpreter goes.
//!
//! A thread that is on its way in while the interpreter goes away hangs for ever or crashes the process, and Python has no way
//! to ask for certain. So the threads inside are counted, and at exit no more are let in.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Inside, or on their way in or out.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static IS_SHUT: AtomicBool = AtomicBool::new(false);

/// How long an exit waits for those who are inside. In a forked child they may be threads of the parent, which never leave.
const PATIENCE: Duration = Duration::from_millis(100);

/// Does something in Python, on a thread of the bridge. `None`: there is no Python any more.
pub(crate) fn enter<T>(body: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let _inside = Inside;
    if IS_SHUT.load(Ordering::SeqCst) { None } else { Python::try_attach(body) }
}

struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets nobody in any more, and waits until those who are inside have left. Python calls it at exit.
#[pyfunction]
pub(crate) fn shut(py: Python<'_>) {
    IS_SHUT.store(true, Ordering::SeqCst);
    py.detach(|| {
        let begin = Instant::now();
        while INSIDE.load(Ordering::SeqCst) > 0 && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    });
}
