//! The runtime of started calls: its thread starts at the first one and never ends.

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use arc_swap::ArcSwapOption;
use devcred::bridge_support::Resolver;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::outcome::ErrorInfo;
use crate::panic::contain_panic;
use crate::process::{PerProcess, ProcessBound};

static RUNTIME: RuntimeSlot = RuntimeSlot::new(spawn_runtime);
static RESOLVER: PerProcess<Resolver> = PerProcess::empty();

/// An id that no process has.
const NO_PROCESS: u32 = 0;

thread_local! {
    static IS_BRIDGE_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this code runs in a completion or a log function. On the thread of the bridge,
/// waiting for another call would block the thread that the call needs; on a thread of the host it
/// is refused too, so that a function behaves the same on both.
pub fn is_bridge_thread() -> bool {
    IS_BRIDGE_THREAD.get()
}

/// Runs a completion or a log function on a thread of the host as if it were the one of the bridge,
/// so that what is refused there is refused here.
pub(crate) fn as_bridge_thread(code: impl FnOnce()) {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            IS_BRIDGE_THREAD.set(self.0);
        }
    }
    let _restore = Restore(IS_BRIDGE_THREAD.replace(true));
    code();
}

/// Returns the runtime of this process, which has this id. A forked child starts a new one.
///
/// # Errors
/// `Internal` if the system refuses a thread or another resource of the runtime.
pub(crate) fn handle(process: u32) -> Result<Handle, Box<ErrorInfo>> {
    contain_panic(|| RUNTIME.handle(process))
}

/// Returns the resolver that all clients of this process share, so that each name has one look-up
/// at a time and the number of threads is limited however many clients there are.
pub(crate) fn resolver() -> Resolver {
    Resolver::clone(&RESOLVER.get_or_init(|| Resolver::with_threads(|work| spawn("devcred-resolve", work))))
}

type Work = Box<dyn FnOnce() + Send>;
type Spawn = fn(Work) -> io::Result<()>;

/// Starts a thread that leaves the signals of the process to the host.
fn spawn(name: &str, work: Work) -> io::Result<()> {
    #[cfg(unix)]
    let _blocked = crate::signals::block();
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

fn spawn_runtime(work: Work) -> io::Result<()> {
    spawn("devcred", work)
}

/// The runtime of a process, started once.
struct RuntimeSlot {
    runtime: ArcSwapOption<ProcessBound<Handle>>,
    /// The process in which a thread is starting the runtime now. It replaces a lock, which in a
    /// forked child would stay locked if that thread is the parent's.
    starting: AtomicU32,
    spawn: Spawn,
}

/// Clears the mark of the thread that starts the runtime, also if it panics.
struct Starting<'a>(&'a AtomicU32);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.store(NO_PROCESS, Ordering::Release);
    }
}

impl RuntimeSlot {
    const fn new(spawn: Spawn) -> Self {
        Self { runtime: ArcSwapOption::const_empty(), starting: AtomicU32::new(NO_PROCESS), spawn }
    }

    fn handle(&self, process: u32) -> Result<Handle, Box<ErrorInfo>> {
        loop {
            if let Some(handle) = self.running(process) {
                return Ok(handle);
            }
            if self.starting.swap(process, Ordering::AcqRel) == process {
                thread::yield_now();
                continue;
            }
            let _starting = Starting(&self.starting);
            // Another thread may have started it since the first look.
            return self
                .running(process)
                .map_or_else(|| self.start().map_err(|_| ErrorInfo::cannot_start_a_thread()), Ok);
        }
    }

    fn running(&self, process: u32) -> Option<Handle> {
        let found = self.runtime.load();
        let runtime = found.as_ref()?.get_in(process).ok()?;
        Some(Handle::clone(runtime))
    }

    /// The thread comes first: if the system refuses it, there is no runtime yet that would have to
    /// be dropped here.
    fn start(&self) -> io::Result<Handle> {
        let (sender, receiver) = sync_channel(1);
        (self.spawn)(Box::new(move || receiver.recv().into_iter().for_each(drive)))?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let handle = runtime.handle().clone();
        sender.send(runtime).map_err(|_| io::ErrorKind::BrokenPipe)?;
        self.runtime.store(Some(Arc::new(ProcessBound::new(handle.clone()))));
        Ok(handle)
    }
}

/// Runs spawned tasks forever.
fn drive(runtime: Runtime) {
    IS_BRIDGE_THREAD.set(true);
    runtime.block_on(pending())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Barrier;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use devcred::ErrorKind;

    use super::*;
    use crate::process::{self, tests::as_if_forked};

    /// The longest time that a test waits.
    const LIMIT: Duration = Duration::from_secs(30);

    /// Asserts that the runtime runs a task.
    fn assert_works(runtime: &Handle) {
        let (sender, receiver) = channel();
        runtime.spawn(async move { sender.send(is_bridge_thread()) });
        assert!(receiver.recv_timeout(LIMIT).unwrap());
    }

    #[test]
    fn a_thread_of_the_bridge_is_recognized() {
        assert_works(&handle(process::current()).unwrap());
        assert!(!is_bridge_thread());
    }

    #[test]
    fn a_completion_on_a_thread_of_the_host_counts_as_one_of_the_bridge() {
        as_bridge_thread(|| assert!(is_bridge_thread()));
        catch_unwind(|| as_bridge_thread(|| resume_unwind(Box::new(())))).unwrap_err();
        assert!(!is_bridge_thread());
    }

    #[test]
    fn a_thread_that_the_system_refuses_is_an_error_at_once_and_the_next_call_works() {
        static REFUSALS: AtomicU32 = AtomicU32::new(2);
        let slot = RuntimeSlot::new(|work| {
            let refuse = REFUSALS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if refuse.is_ok() { Err(io::ErrorKind::WouldBlock.into()) } else { spawn_runtime(work) }
        });
        for _ in 0..2 {
            let refused = slot.handle(process::current()).unwrap_err();
            assert_eq!((refused.kind, refused.message.as_str()), (ErrorKind::Internal, "cannot start a thread"));
        }
        assert_works(&slot.handle(process::current()).unwrap());
    }

    #[test]
    fn a_panic_while_the_runtime_starts_does_not_lock_out_the_next_call() {
        static PANICS: AtomicU32 = AtomicU32::new(1);
        let slot = RuntimeSlot::new(|work| {
            if PANICS.swap(0, Ordering::Relaxed) == 1 {
                resume_unwind(Box::new(()));
            }
            spawn_runtime(work)
        });
        catch_unwind(AssertUnwindSafe(|| slot.handle(process::current()))).unwrap_err();
        assert_works(&slot.handle(process::current()).unwrap());
    }

    #[test]
    fn a_thread_that_ends_before_it_has_its_runtime_is_an_error() {
        let slot = RuntimeSlot::new(|work| {
            drop(work);
            Ok(())
        });
        assert_eq!(slot.handle(process::current()).unwrap_err().message, "cannot start a thread");
    }

    #[test]
    fn a_forked_child_has_another_runtime_and_another_resolver() {
        let slot = RuntimeSlot::new(spawn_runtime);
        let parents = slot.handle(process::current()).unwrap().id();
        let (first, second) = as_if_forked(|| {
            (slot.handle(process::current()).unwrap().id(), slot.handle(process::current()).unwrap().id())
        });
        assert!(first == second && first != parents);

        let resolvers = PerProcess::empty();
        let parents = resolvers.get_or_init(Resolver::new);
        assert!(Arc::ptr_eq(&parents, &resolvers.get_or_init(Resolver::new)));
        as_if_forked(|| {
            let childs = resolvers.get_or_init(Resolver::new);
            assert!(!Arc::ptr_eq(&parents, &childs) && Arc::ptr_eq(&childs, &resolvers.get_or_init(Resolver::new)));
        });
    }

    /// The thread that was starting the runtime does not exist in the child.
    #[test]
    fn a_child_does_not_wait_for_a_thread_of_its_parent() {
        let slot = RuntimeSlot::new(spawn_runtime);
        slot.starting.store(process::current(), Ordering::Release);
        as_if_forked(|| slot.handle(process::current())).unwrap();
    }

    #[test]
    fn threads_that_start_the_runtime_at_once_get_the_same_one() {
        let (slot, barrier) = (RuntimeSlot::new(spawn_runtime), Barrier::new(8));
        let get = || {
            barrier.wait();
            slot.handle(process::current()).unwrap().id()
        };
        let ids: HashSet<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(get)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }
}
