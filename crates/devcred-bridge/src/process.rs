//! What belongs to one process and is left alone in every other.
//!
//! A forked child has the memory of its parent and none of its threads. A lock that another thread
//! held stays locked for ever, and whatever waits for a thread waits in vain; so what holds locks,
//! threads or sockets is neither used nor dropped there. `fork` sends no notice, so every entry
//! compares the id of the process, which costs one system call.

use std::mem;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// The id of this process.
pub(crate) fn current() -> u32 {
    #[cfg(test)]
    if let Some(pretended) = tests::PRETENDED.get() {
        return pretended;
    }
    std::process::id()
}

/// A value with the process that made it. Where that is another one, dropping this leaves the value
/// as it is.
pub(crate) struct OfProcess<T> {
    process: u32,
    value: Arc<T>,
}

/// What another process has left: of it only what never changes may be read, since all else may be
/// half written or locked.
pub(crate) struct Inherited<'a, T>(pub &'a T);

impl<T> OfProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self::of(Arc::new(value))
    }

    /// The same for a value that others in this process hold too.
    pub(crate) fn of(value: Arc<T>) -> Self {
        Self { process: current(), value }
    }

    pub(crate) fn here(&self) -> Result<&Arc<T>, Inherited<'_, T>> {
        if self.process == current() { Ok(&self.value) } else { Err(Inherited(&self.value)) }
    }
}

impl<T> Clone for OfProcess<T> {
    fn clone(&self) -> Self {
        Self { process: self.process, value: Arc::clone(&self.value) }
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.process != current() {
            // One handle more than will ever be dropped.
            mem::forget(Arc::clone(&self.value));
        }
    }
}

/// A value of which each process has its own, made when it is first needed there.
pub(crate) struct PerProcess<T>(ArcSwapOption<OfProcess<T>>);

impl<T> PerProcess<T> {
    pub(crate) const fn empty() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    pub(crate) fn get_or(&self, make: impl Fn() -> T) -> Arc<T> {
        loop {
            let found = self.0.load_full();
            if let Some(Ok(value)) = found.as_ref().map(|of_process| of_process.here()) {
                return Arc::clone(value);
            }
            // The first of several threads counts; what the others have made is dropped.
            self.0.compare_and_swap(&found, Some(Arc::new(OfProcess::new(make()))));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    thread_local! {
        pub(super) static PRETENDED: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// As long as this lives, its thread takes itself for one of another process.
    pub(crate) struct Pretending;

    pub(crate) fn pretend_fork() -> Pretending {
        PRETENDED.set(Some(u32::MAX));
        Pretending
    }

    impl Drop for Pretending {
        fn drop(&mut self) {
            PRETENDED.set(None);
        }
    }

    pub(crate) fn as_if_forked<T>(run: impl FnOnce() -> T) -> T {
        let _pretending = pretend_fork();
        run()
    }

    /// Counts how often it is dropped.
    #[derive(Clone, Default)]
    struct Counted(Arc<AtomicU32>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_value_is_dropped_in_its_own_process() {
        let drops = Arc::new(AtomicU32::new(0));
        let value = OfProcess::new(Counted(Arc::clone(&drops)));
        assert!(value.here().is_ok());
        drop(value);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_value_of_another_process_is_told_apart_and_never_dropped() {
        let drops = Arc::new(AtomicU32::new(0));
        let value = OfProcess::new(Counted(Arc::clone(&drops)));
        as_if_forked(|| {
            assert!(value.here().is_err());
            drop(value);
        });
        assert_eq!(drops.load(Ordering::Relaxed), 0);
    }
}
