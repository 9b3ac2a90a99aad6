//! The runtime, and the signals that end its work early.

use std::future::{Future, pending};

use tokio::runtime::Builder;
use tokio::select;
use tokio::signal::ctrl_c;

use crate::failure::Failure;
use crate::panic_guard;

/// Runs the future unless Ctrl-C comes first, and returns at once in either case: a look-up of a
/// name that is still under way cannot be cancelled, so it is left behind.
pub(crate) fn block_on_until_ctrl_c<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    block_on(async {
        select! {
            // In this order, so that Ctrl-C is handled before the work begins.
            biased;
            Ok(()) = ctrl_c() => Err(Failure::Interrupted),
            outcome = work => outcome,
        }
    })
}

/// Runs the future. Unless it calls [`survive_ctrl_c`], Ctrl-C terminates the process.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    panic_guard::catch_panic(|| {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Internal(format!("cannot start the async runtime: {error}")))?;
        let outcome = runtime.block_on(work);
        runtime.shutdown_background();
        outcome
    })
}

/// Returns a future that is ready when the process receives SIGTERM, which service managers and
/// containers send. The signal is handled from this call on.
#[cfg(unix)]
pub(crate) fn terminated() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let terminate = signal(SignalKind::terminate());
    async {
        match terminate {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            // Then the signal terminates the process.
            Err(_) => pending().await,
        }
    }
}

/// From now on, Ctrl-C no longer terminates this process: the handler is installed and ignored.
#[cfg(unix)]
pub(crate) fn survive_ctrl_c() {
    use tokio::signal::unix::{SignalKind, signal};

    // If the system refuses the handler, Ctrl-C terminates the process.
    let _ = signal(SignalKind::interrupt());
}

#[cfg(windows)]
pub(crate) fn survive_ctrl_c() {
    let _ = tokio::signal::windows::ctrl_c();
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(crate) fn terminated() -> impl Future<Output = ()> {
    pending()
}
