//! The runtime of blocking calls. It has no thread: the threads that block for a call drive it.
//!
//! One of them drives it for all, its own call first. When that call has ended, another one
//! continues. While none blocks, connections rest.

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::yield_now;

use crate::outcome::ErrorInfo;
use crate::process::PerProcess;
use crate::runtime::spawn;

static RUNTIME: PerProcess<Runtime> = PerProcess::empty();

/// How many tasks run before the call of the driving thread is polled again.
const EVENT_INTERVAL: u32 = 61;

/// Returns the runtime of this process.
///
/// # Errors
/// `Internal` if the system refuses its event queue.
pub(crate) fn runtime() -> Result<Arc<Runtime>, Box<ErrorInfo>> {
    let create = || Builder::new_current_thread().enable_io().enable_time().event_interval(EVENT_INTERVAL).build();
    RUNTIME.get_or_try_init(create).map_err(|_| ErrorInfo::cannot_open_an_event_queue())
}

/// Returns whether this thread can drive the runtime. One that drives another runtime of tokio
/// cannot, nor can one that is ending and has lost its thread-local variables.
pub(crate) fn can_drive() -> bool {
    matches!(Handle::try_current(), Err(error) if error.is_missing_context())
}

/// Blocks this thread until the future has ended. Meanwhile it drives the runtime, unless another
/// thread does.
pub(crate) fn block_on<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    let drive = || runtime.block_on(future);
    #[cfg(unix)]
    return crate::signals::without_sigpipe(drive);
    #[cfg(not(unix))]
    return drive();
}

/// Runs the tasks of connections that were dropped, which close their sockets. It does not wait for
/// another thread that drives the runtime.
pub(crate) fn close_connections() {
    let Some(runtime) = RUNTIME.get() else {
        return;
    };
    if can_drive() {
        run_ready_tasks(&runtime);
    } else {
        // If the system refuses the thread, they close during the next blocking call.
        let _: io::Result<()> = spawn("devcred-close", Box::new(move || run_ready_tasks(&runtime)));
    }
}

fn run_ready_tasks(runtime: &Runtime) {
    let turns = runtime.metrics().num_alive_tasks() / EVENT_INTERVAL as usize + 1;
    block_on(runtime, async {
        for _ in 0..turns {
            yield_now().await;
        }
    });
}
