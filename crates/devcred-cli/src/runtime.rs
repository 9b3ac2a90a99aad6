//! The runtime that the work is done on, and the ways to leave it before the work is done.

use std::future::{Future, pending};

use tokio::runtime::Builder;
use tokio::select;
use tokio::signal::ctrl_c;

use crate::failure::Failure;
use crate::firewall;

/// Does the work unless Ctrl-C comes first, and returns at once in either case: a look-up of a name
/// that is still under way cannot be cancelled, so it is left behind.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    run_to_its_end(async {
        select! {
            // In this order, so that Ctrl-C is heard from before the work begins.
            biased;
            Ok(()) = ctrl_c() => Err(Failure::Interrupted),
            outcome = work => outcome,
        }
    })
}

/// Does the work to its end. Until it says [`survive_ctrl_c`], Ctrl-C ends the process.
pub(crate) fn run_to_its_end<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    firewall::guard(|| {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Internal(format!("cannot start the async runtime: {error}")))?;
        let outcome = runtime.block_on(work);
        runtime.shutdown_background();
        outcome
    })
}

/// Ends when the process is asked to terminate, as service managers and containers ask. It hears
/// from the moment of this call.
#[cfg(unix)]
pub(crate) fn terminated() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let terminate = signal(SignalKind::terminate());
    async {
        match terminate {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            // Then the signal ends the process by itself.
            Err(_) => pending().await,
        }
    }
}

/// From now on, Ctrl-C does not end this process: what hears of it here is never asked.
#[cfg(unix)]
pub(crate) fn survive_ctrl_c() {
    use tokio::signal::unix::{SignalKind, signal};

    // Where the system refuses it, Ctrl-C ends the process by itself.
    let _ = signal(SignalKind::interrupt());
}

#[cfg(windows)]
pub(crate) fn survive_ctrl_c() {
    let _ = tokio::signal::windows::ctrl_c();
}

/// Nothing of the kind is known here.
#[cfg(not(unix))]
pub(crate) fn terminated() -> impl Future<Output = ()> {
    pending()
}
