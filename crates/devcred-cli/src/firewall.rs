//! Turns a panic into a failure: the table of exit statuses promises 70 for it, and Rust's own is
//! 101.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::task;

use crate::failure::Failure;

thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the work. Of a panic in it, only the place is reported: its text may contain anything.
pub(crate) fn guard<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let (report, guarded) = (panic::take_hook(), thread::current().id());
    panic::set_hook(Box::new(move |panic| {
        // A panic of another thread or of a tokio task would otherwise go unreported, because the
        // work continues.
        if thread::current().id() != guarded || task::try_id().is_some() {
            return report(panic);
        }
        PLACE.set(panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())));
    }));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let place = PLACE.take().unwrap_or_default();
        Err(Failure::Internal(format!(
            "internal error in devcred{place}. Check the limits on open files and threads; if they are not the cause, report it."
        )))
    })
}
