//! Turns a panic into a failure: the table of exit statuses promises 70 for it, and Rust's own is
//! 101.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::task;

use crate::failure::Failure;

thread_local! {
    /// The location of the last panic of this thread.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the work. Of a panic in it, only the location is reported: its text may contain anything.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let (report, guarded_thread) = (panic::take_hook(), thread::current().id());
    panic::set_hook(Box::new(move |panic| {
        // A panic of another thread or of a tokio task would otherwise go unreported, because the
        // work continues.
        if thread::current().id() != guarded_thread || task::try_id().is_some() {
            return report(panic);
        }
        LOCATION.set(panic.location().map(|location| format!(" at {}:{}", location.file(), location.line())));
    }));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let location = LOCATION.take().unwrap_or_default();
        Err(Failure::Internal(format!(
            "internal error in devcred{location}. Check the limits on open files and threads; if they are not the cause, report it."
        )))
    })
}
