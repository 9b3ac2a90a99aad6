//! Values that belong to one process.
//!
//! A forked child has the memory of its parent but none of its other threads. A lock that another
//! thread had locked stays locked forever, and waiting for a thread never ends. Therefore anything
//! with locks, threads or sockets is neither used nor dropped in the child. `fork` gives no notice,
//! so every entry point compares the process id, which costs one system call.

use std::mem;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// Returns the id of this process.
pub(crate) fn current() -> u32 {
    #[cfg(test)]
    if let Some(simulated) = tests::SIMULATED.get() {
        return simulated;
    }
    std::process::id()
}

/// A value with the process that created it. Dropping this in another process does not drop the
/// value.
pub struct ProcessBound<T> {
    process: u32,
    value: Arc<T>,
}

/// A value inherited from the parent process. Only immutable parts may be read: anything else may
/// be locked or half-written.
pub struct Inherited<'a, T>(pub &'a T);

impl<T> ProcessBound<T> {
    /// Binds a value to this process.
    pub fn new(value: T) -> Self {
        Self::from_arc(Arc::new(value))
    }

    /// Binds a shared value to this process, which created it.
    pub fn from_arc(value: Arc<T>) -> Self {
        Self { process: current(), value }
    }

    /// Returns the value in the process that created it.
    ///
    /// # Errors
    /// [`Inherited`] in another process.
    pub fn get(&self) -> Result<&Arc<T>, Inherited<'_, T>> {
        self.get_in(current())
    }

    /// Like [`get`](Self::get), in the process with this id, which is this process.
    pub(crate) fn get_in(&self, process: u32) -> Result<&Arc<T>, Inherited<'_, T>> {
        if self.process == process { Ok(&self.value) } else { Err(Inherited(&self.value)) }
    }
}

impl<T> Clone for ProcessBound<T> {
    fn clone(&self) -> Self {
        Self { process: self.process, value: Arc::clone(&self.value) }
    }
}

impl<T> Drop for ProcessBound<T> {
    fn drop(&mut self) {
        if self.process != current() {
            // Leak one reference so that the value is never dropped here.
            mem::forget(Arc::clone(&self.value));
        }
    }
}

/// A value that each process creates when it first needs it.
pub(crate) struct PerProcess<T>(ArcSwapOption<ProcessBound<T>>);

impl<T> PerProcess<T> {
    pub(crate) const fn empty() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    pub(crate) fn get_or_init(&self, create: impl Fn() -> T) -> Arc<T> {
        self.get_or_init_in(current(), create)
    }

    /// Like [`get_or_init`](Self::get_or_init), in the process with this id, which is this process.
    pub(crate) fn get_or_init_in(&self, process: u32, create: impl Fn() -> T) -> Arc<T> {
        loop {
            let found = self.0.load_full();
            if let Some(Ok(value)) = found.as_ref().map(|bound| bound.get_in(process)) {
                return Arc::clone(value);
            }
            // If several threads come first, one of them wins; the values of the others are
            // dropped.
            self.0.compare_and_swap(&found, Some(Arc::new(ProcessBound::new(create()))));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    thread_local! {
        pub(super) static SIMULATED: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// While this lives, its thread appears to be in another process.
    pub(crate) struct SimulatedFork;

    pub(crate) fn simulate_fork() -> SimulatedFork {
        SIMULATED.set(Some(u32::MAX));
        SimulatedFork
    }

    impl Drop for SimulatedFork {
        fn drop(&mut self) {
            SIMULATED.set(None);
        }
    }

    pub(crate) fn as_if_forked<T>(run: impl FnOnce() -> T) -> T {
        let _fork = simulate_fork();
        run()
    }

    /// Counts how often it is dropped.
    #[derive(Clone, Default)]
    struct DropCounter(Arc<AtomicU32>);

    impl Drop for DropCounter {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_value_is_dropped_in_the_process_that_created_it() {
        let drops = Arc::new(AtomicU32::new(0));
        let value = ProcessBound::new(DropCounter(Arc::clone(&drops)));
        assert!(value.get().is_ok());
        drop(value);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_value_of_another_process_is_inherited_and_never_dropped() {
        let drops = Arc::new(AtomicU32::new(0));
        let value = ProcessBound::new(DropCounter(Arc::clone(&drops)));
        as_if_forked(|| {
            assert!(value.get().is_err());
            drop(value);
        });
        assert_eq!(drops.load(Ordering::Relaxed), 0);
    }
}
