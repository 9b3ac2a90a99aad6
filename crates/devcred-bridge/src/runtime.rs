//! The one runtime of the process: made at the first call, never shut down.

use std::cell::Cell;
use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::process::PerProcess;

/// What a process waits for is the network, so two threads serve all of its calls.
const WORKERS: usize = 2;
/// A look-up of a name cannot be cancelled: without a bound, 100 of them at a name server that is silent are 100 threads.
const LOOK_UPS: usize = 4;

static RUNTIME: PerProcess<Running> = PerProcess::empty();

thread_local! {
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
}

/// The runtime of this process.
pub(crate) struct Running(Option<Runtime>);

impl Running {
    pub(crate) fn get() -> io::Result<Arc<Self>> {
        RUNTIME.get(|_| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(WORKERS).max_blocking_threads(LOOK_UPS).thread_name("devcred");
            builder.on_thread_start(|| IS_OURS.set(true));
            Ok(Self(Some(builder.enable_io().enable_time().build()?)))
        })
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(task);
        }
    }
}

impl Drop for Running {
    /// Only one that came second, when two threads made the first call at once: it has no task yet.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether this is a thread of the runtime, where nothing may block.
pub(crate) fn is_our_thread() -> bool {
    IS_OURS.get()
}
