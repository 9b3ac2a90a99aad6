//! The runtimes of a client's blocking calls. They have no thread: a thread that blocks for a call
//! takes one and drives it.
//!
//! Each has a separate connection. Because only the thread of the call drives it, the connection is
//! free again, or gone if the server has closed it, before the next call asks for it. If
//! the threads shared a runtime, that would depend on the thread that drives it at the moment.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devcred::Client;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::check_timer::CheckTimer;
#[cfg(any(target_os = "android", target_os = "linux"))]
use crate::signals::SigpipeFilter;

/// The number of blocking calls of a client that run on their own threads at once. For more calls,
/// the thread of the bridge is faster, because it does the work of many of them at a time.
const MAX_RUNTIMES: usize = 4;

/// Dropping it closes the connections.
pub(crate) struct RuntimePool {
    permits: Arc<Semaphore>,
    /// The one that was used last is used next.
    idle: Mutex<Vec<CallerRuntime>>,
}

/// A runtime, and the client whose connections belong to it.
pub(crate) struct CallerRuntime {
    runtime: Runtime,
    pub(crate) client: Client,
    pub(crate) check_timer: CheckTimer,
    #[cfg(any(target_os = "android", target_os = "linux"))]
    sigpipe: SigpipeFilter,
    _permit: OwnedSemaphorePermit,
}

impl RuntimePool {
    pub(crate) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_RUNTIMES)), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<CallerRuntime>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an idle runtime, or a new one with this client. `None` if there are too many, if the
    /// client has no connection to spare, if this thread cannot drive one, or if the system refuses
    /// it.
    pub(crate) fn take(&self, new_client: impl FnOnce() -> Option<Client>) -> Option<CallerRuntime> {
        if !can_drive() {
            return None;
        }
        if let Some(idle) = self.idle().pop() {
            return Some(idle);
        }
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(CallerRuntime {
            runtime: Builder::new_current_thread().enable_io().enable_time().build().ok()?,
            #[cfg(any(target_os = "android", target_os = "linux"))]
            sigpipe: SigpipeFilter::new().ok()?,
            client: new_client()?,
            check_timer: CheckTimer::default(),
            _permit: permit,
        })
    }

    pub(crate) fn put_back(&self, runtime: CallerRuntime) {
        self.idle().push(runtime);
    }
}

impl Drop for RuntimePool {
    fn drop(&mut self) {
        for idle in mem::take(&mut *self.idle()) {
            // Unlike dropping it, this works on a thread that drives another runtime.
            idle.runtime.shutdown_background();
        }
    }
}

/// Returns whether this thread can drive a runtime. One that drives another runtime of tokio
/// cannot, nor can one that is ending and has lost its thread-local variables.
fn can_drive() -> bool {
    matches!(Handle::try_current(), Err(error) if error.is_missing_context())
}

impl CallerRuntime {
    /// Drives the runtime on this thread until the future has ended.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let drive = || self.runtime.block_on(future);
        #[cfg(any(target_os = "android", target_os = "linux"))]
        return self.sigpipe.run(drive);
        #[cfg(not(any(target_os = "android", target_os = "linux")))]
        return drive();
    }
}
