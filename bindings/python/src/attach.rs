//! How threads that are not attached to Python attach to it: those of the bridge, and those of the
//! caller after they have waited for a call.
//!
//! A thread that attaches while the interpreter shuts down crashes the process, and Python offers
//! no reliable way to ask. So attached threads are counted, and at exit no new ones are admitted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// The number of threads that are attached, or are attaching or detaching.
static ATTACHED: AtomicUsize = AtomicUsize::new(0);

/// The thread that shuts down the interpreter: the only one that may attach from then on.
static EXITING: OnceLock<ThreadId> = OnceLock::new();

/// How long an exit waits for attached threads. In a forked child they may be threads of the
/// parent, which never detach.
const EXIT_GRACE: Duration = Duration::from_millis(100);

/// Counts a thread as attached while it lives.
pub(crate) struct AttachGuard;

impl AttachGuard {
    fn acquire() -> Option<Self> {
        ATTACHED.fetch_add(1, Ordering::SeqCst);
        let guard = Self;
        let is_admitted = EXITING.get().is_none_or(|thread| *thread == thread::current().id());
        is_admitted.then_some(guard)
    }
}

impl Drop for AttachGuard {
    fn drop(&mut self) {
        ATTACHED.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs code in Python. Returns `None` if the interpreter is shutting down.
pub(crate) fn try_attach<T>(body: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _guard = AttachGuard::acquire()?;
    Python::try_attach(body)
}

/// Admits a thread of the caller that has waited without the GIL. If the interpreter is shutting
/// down, the thread parks forever, as Python 3.14 does with every daemon thread.
pub(crate) fn reattach_or_park() -> AttachGuard {
    loop {
        if let Some(guard) = AttachGuard::acquire() {
            return guard;
        }
        thread::park();
    }
}

/// Admits no new threads, and waits until the attached ones have detached. Python calls it at exit.
#[pyfunction]
pub(crate) fn block_new_threads(py: Python<'_>) {
    let _ = EXITING.set(thread::current().id());
    py.detach(|| {
        let begin = Instant::now();
        while ATTACHED.load(Ordering::SeqCst) > 0 && begin.elapsed() < EXIT_GRACE {
            thread::sleep(Duration::from_millis(1));
        }
    });
}
