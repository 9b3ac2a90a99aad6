//! What lives in one process, and is made anew where that was forked.
//!
//! In a child only the thread that forked goes on. A lock that another thread held then is held for ever, a runtime has lost its
//! threads, and a connection is the parent's. So every entry compares the process id first; where it differs, the value is made
//! anew and the old one is forgotten: never dropped, since that would wait for threads that are gone. There is no lock on this
//! way, only a pointer that is swapped.

use std::mem;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// The id of this process.
pub(crate) fn id() -> u32 {
    #[cfg(test)]
    if let Some(id) = tests::AS_IF_FORKED.get() {
        return id;
    }
    std::process::id()
}

/// A value of this process.
pub(crate) struct PerProcess<T>(ArcSwapOption<Of<T>>);

struct Of<T> {
    process: u32,
    value: Arc<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn empty() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    pub(crate) fn new(value: T) -> Self {
        Self(ArcSwapOption::from_pointee(Of { process: id(), value: Arc::new(value) }))
    }

    /// The value of this process. Where there is none it is made, of what a parent has left behind if there is a parent.
    pub(crate) fn get<E>(&self, make: impl Fn(Option<&T>) -> Result<T, E>) -> Result<Arc<T>, E> {
        loop {
            let known = self.0.load_full();
            if let Some(known) = known.as_ref().filter(|known| known.process == id()) {
                return Ok(Arc::clone(&known.value));
            }
            let left_behind = known.as_ref().map(|known| &*known.value);
            let value = Arc::new(make(left_behind)?);
            let made = Arc::new(Of { process: id(), value: Arc::clone(&value) });
            let before = self.0.compare_and_swap(&known, Some(made));
            let is_in_place = before.as_ref().map(Arc::as_ptr) == known.as_ref().map(Arc::as_ptr);
            mem::forget(known);
            if is_in_place {
                return Ok(value);
            }
        }
    }

    /// Replaces the value of this process by what it is turned into.
    pub(crate) fn update(&self, turn: impl Fn(&T) -> T) {
        self.0.rcu(|known| {
            let turned =
                |known: &Arc<Of<T>>| Arc::new(Of { process: known.process, value: Arc::new(turn(&known.value)) });
            known.as_ref().map(turned)
        });
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if let Some(known) = self.0.swap(None).filter(|known| known.process != id()) {
            mem::forget(known);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    thread_local! {
        /// What this thread takes for its process.
        pub(crate) static AS_IF_FORKED: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Runs this as if in a child that has been forked off here.
    pub(crate) fn as_if_forked<T>(run: impl FnOnce() -> T) -> T {
        AS_IF_FORKED.set(Some(id().wrapping_add(1)));
        let result = run();
        AS_IF_FORKED.set(None);
        result
    }

    struct Counted<'a>(&'a AtomicUsize, usize);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_child_makes_its_own_and_never_drops_the_parents() {
        let drops = AtomicUsize::new(0);
        let per_process = PerProcess::empty();
        let get = |per_process: &PerProcess<_>| {
            let make = |old: Option<&Counted>| Ok::<_, ()>(Counted(&drops, old.map_or(1, |old| old.1 + 1)));
            per_process.get(make).unwrap().1
        };
        assert_eq!((get(&per_process), get(&per_process)), (1, 1));
        as_if_forked(|| {
            assert_eq!((get(&per_process), get(&per_process)), (2, 2));
            per_process.update(|old| Counted(&drops, old.1 + 10));
            assert_eq!((get(&per_process), drops.load(Ordering::Relaxed)), (12, 1));
            drop(per_process);
        });
        // The child's own, both times.
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_child_that_drops_what_it_never_used_does_not_drop_the_parents() {
        let drops = AtomicUsize::new(0);
        let per_process = PerProcess::new(Counted(&drops, 1));
        as_if_forked(|| drop(per_process));
        assert_eq!(drops.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn threads_that_come_at_once_share_one_value() {
        let per_process = PerProcess::empty();
        let made = AtomicUsize::new(0);
        let get = || per_process.get(|_: Option<&usize>| Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed)));
        let values: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| *get().unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    }
}
