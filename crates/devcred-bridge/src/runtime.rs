//! The runtime of the process: started at the first call, never shut down.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use arc_swap::ArcSwapOption;
use devcred::{Error, internal};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::process::{self, OfProcess};

const WORKERS: usize = 2;

/// Names are looked up on these. A look-up cannot be cancelled, so without a limit a name server that is silent would have a
/// thread for each call.
const LOOK_UPS: usize = 4;

static OF_THIS_PROCESS: Place = Place::empty();

/// The id of no process.
const NOWHERE: u32 = 0;

thread_local! {
    static IS_OF_RUNTIME: Cell<bool> = const { Cell::new(false) };
}

/// Whether this code runs on a thread of the bridge: in a completion or a log function. To wait there for another call could
/// take the thread that this call needs.
pub fn is_bridge_thread() -> bool {
    IS_OF_RUNTIME.get()
}

/// The runtime of this process. A forked child gets one of its own; the parent's is left as it is.
///
/// # Errors
/// `Internal` where the system gives no threads.
pub(crate) fn handle() -> Result<Handle, Error> {
    OF_THIS_PROCESS.handle()
}

/// Where the runtime is.
struct Place {
    runtime: ArcSwapOption<OfProcess<Runtime>>,
    /// The process in which a thread is starting the runtime now. It stands in the place of a lock, which in a forked child
    /// would stay locked if that thread is the parent's.
    starting: AtomicU32,
}

impl Place {
    const fn empty() -> Self {
        Self { runtime: ArcSwapOption::const_empty(), starting: AtomicU32::new(NOWHERE) }
    }

    fn handle(&self) -> Result<Handle, Error> {
        loop {
            if let Some(handle) = self.running() {
                return Ok(handle);
            }
            let process = process::current();
            if self.starting.swap(process, Ordering::AcqRel) == process {
                thread::yield_now();
                continue;
            }
            // Another thread may have started it since the first look.
            let handle = self.running().map_or_else(|| self.start(), Ok);
            self.starting.store(NOWHERE, Ordering::Release);
            return handle;
        }
    }

    fn running(&self) -> Option<Handle> {
        let found = self.runtime.load();
        let runtime = found.as_ref()?.here().ok()?;
        Some(runtime.handle().clone())
    }

    fn start(&self) -> Result<Handle, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .max_blocking_threads(LOOK_UPS)
            .thread_name("devcred")
            .on_thread_start(|| IS_OF_RUNTIME.set(true))
            .enable_io()
            .enable_time()
            .build()
            .map_err(|_| {
                internal::fault("the system gives no threads", Some("Look at its limits of threads and files."))
            })?;
        let handle = runtime.handle().clone();
        self.runtime.store(Some(Arc::new(OfProcess::new(runtime))));
        Ok(handle)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc::channel;
    use std::sync::{Barrier, Mutex};

    use super::*;
    use crate::process::tests::as_if_forked;

    #[test]
    fn a_thread_of_the_bridge_knows_it() {
        let (told, asked) = channel();
        handle().unwrap().spawn(async move { told.send(is_bridge_thread()) });
        assert!(asked.recv().unwrap());
        assert!(!is_bridge_thread());
    }

    /// tokio makes a thread as soon as such a task is given to it and no thread is free, and none is before all are given.
    #[test]
    fn a_hundred_look_ups_that_do_not_end_have_four_threads_at_most() {
        let place = Place::empty();
        let runtime = place.handle().unwrap();
        let (told, threads) = channel();
        let (end, ended) = channel::<()>();
        let ended = Arc::new(Mutex::new(ended));
        for _ in 0..100 {
            let (told, ended) = (told.clone(), Arc::clone(&ended));
            runtime.spawn_blocking(move || {
                told.send(thread::current().id()).unwrap();
                let _ = ended.lock().unwrap().recv();
            });
        }
        drop((told, end));
        let threads: Vec<_> = threads.iter().collect();
        assert_eq!(threads.len(), 100);
        assert!(HashSet::<thread::ThreadId>::from_iter(threads).len() <= LOOK_UPS);
    }

    #[test]
    fn a_forked_child_has_a_runtime_of_its_own() {
        let place = Place::empty();
        let parents = place.handle().unwrap().id();
        let (first, second) = as_if_forked(|| (place.handle().unwrap().id(), place.handle().unwrap().id()));
        assert!(first == second && first != parents);
    }

    /// The thread that was starting it is the parent's, and never ends there.
    #[test]
    fn a_child_does_not_wait_for_a_thread_of_its_parent() {
        let place = Place::empty();
        place.starting.store(process::current(), Ordering::Release);
        as_if_forked(|| place.handle()).unwrap();
    }

    #[test]
    fn threads_that_come_first_together_get_the_same() {
        let (place, barrier) = (Place::empty(), Barrier::new(8));
        let come = || {
            barrier.wait();
            place.handle().unwrap().id()
        };
        let ids: HashSet<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(come)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }
}
