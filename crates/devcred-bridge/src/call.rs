//! A started call: it completes exactly once, and it can be cancelled.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use devcred::{Error, bridge_support};
use tokio::sync::Notify;

use crate::outcome::{ErrorInfo, Outcome};
use crate::process::OfProcess;
use crate::runtime;

/// A handle of a started call. Dropping it leaves the call as it is: it goes on, and completes.
#[derive(Clone)]
pub struct Call {
    cancelled: OfProcess<Notify>,
}

impl Call {
    /// Ends the call soon, with [`Outcome::Cancelled`]; its connection is closed. A call that has
    /// ended stays as it ended, and so does one that ends at this moment.
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked after the call had begun: there it neither
    /// runs nor completes.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        self.cancelled.here().map(|cancelled| cancelled.notify_one()).map_err(|_| before_fork().into())
    }
}

/// Runs the call and gives its outcome to `complete`, on a thread of the bridge; where the system
/// gives none, on this one before this returns. `begin` is shown the handle before `complete` can
/// be called.
pub(crate) fn start(
    call: impl Future<Output = Outcome> + Send + 'static,
    begin: impl FnOnce(&Call),
    complete: impl FnOnce(Outcome) + Send + 'static,
) -> Call {
    let cancelled = Arc::<Notify>::default();
    let started = Call { cancelled: OfProcess::of(Arc::clone(&cancelled)) };
    firewall(|| begin(&started));
    match runtime::handle() {
        Ok(runtime) => drop(runtime.spawn(async move {
            let outcome = outcome(call, &cancelled).await;
            firewall(|| complete(outcome));
        })),
        Err(error) => firewall(|| runtime::as_bridge_thread(|| complete(Outcome::Error(error)))),
    }
    started
}

/// Runs code of a binding. A panic in it ends there: the hook has reported it.
fn firewall(code: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(code));
}

/// What the call comes to, whatever ends it: its result, a cancel, a panic, or a panic in what a
/// cancel drops. By then nothing is left of it, its connection neither.
async fn outcome(call: impl Future<Output = Outcome>, cancelled: &Notify) -> Outcome {
    let (mut call, mut cancelled) = (pin!(Some(call)), pin!(cancelled.notified()));
    let outcome = poll_fn(|context| {
        if cancelled.as_mut().poll(context).is_ready() {
            return Poll::Ready(Outcome::Cancelled);
        }
        let poll = || call.as_mut().as_pin_mut().map_or(Poll::Pending, |call| call.poll(context));
        catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|_| Poll::Ready(Outcome::Error(ErrorInfo::panicked())))
    });
    let outcome = outcome.await;
    let dropped = catch_unwind(AssertUnwindSafe(|| call.set(None)));
    dropped.map_or_else(|_| Outcome::Error(ErrorInfo::panicked()), |()| outcome)
}

pub(crate) fn before_fork() -> Error {
    bridge_support::invalid_parameter(
        "this call was started before the process was forked and belongs to the parent process",
    )
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use devcred::ErrorKind;
    use proptest::prelude::*;
    use tokio::sync::oneshot;

    use super::*;

    /// How long a test waits for what must happen.
    const LIMIT: Duration = Duration::from_secs(30);

    /// What happens to a call while it runs.
    #[derive(Clone, Copy, Debug)]
    enum Happens {
        /// It comes to its end.
        Ends,
        /// It panics.
        Panics,
        Cancel,
        DropHandle,
        /// Another thread gets the time to do what it has to.
        Yield,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        use Happens::{Cancel, DropHandle, Ends, Panics, Yield};
        prop_oneof![Just(Ends), Just(Panics), Just(Cancel), Just(DropHandle), Just(Yield)]
    }

    /// A panic when it is dropped, as a cancel drops it.
    struct PanicsInDrop(bool);

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            if self.0 && !thread::panicking() {
                panic();
            }
        }
    }

    /// A panic of which nothing is printed.
    fn panic() {
        resume_unwind(Box::new(()));
    }

    fn ended() -> Outcome {
        bridge_support::invalid_parameter("it ended").into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn whatever_happens_in_whatever_order_a_call_completes_once(
            order in prop::collection::vec(happens(), 0..6),
            at_once in any::<bool>(),
            panics_in_drop in any::<bool>(),
        ) {
            let (end, may_end) = oneshot::channel();
            let (told, outcomes) = channel();
            let call = async move {
                let _held = PanicsInDrop(panics_in_drop);
                // Where nothing is sent, the sender is dropped: that ends it too.
                let panics = may_end.await.unwrap_or(false);
                if panics {
                    panic();
                }
                ended()
            };
            let call = Arc::new(start(call, |_| (), move |outcome| told.send(outcome).unwrap()));
            let (mut end, mut handle) = (Some(end), Some(Arc::clone(&call)));
            let mut cancels = Vec::new();
            for event in &order {
                match event {
                    Happens::Ends | Happens::Panics => {
                        let panics = matches!(event, Happens::Panics);
                        end.take().map(|end| end.send(panics));
                    }
                    Happens::Cancel if at_once => {
                        let call = Arc::clone(&call);
                        cancels.push(thread::spawn(move || call.cancel().unwrap()));
                    }
                    Happens::Cancel => call.cancel().unwrap(),
                    Happens::DropHandle => drop(handle.take()),
                    Happens::Yield => thread::yield_now(),
                }
            }
            drop((end, handle, call));
            let outcome = outcomes.recv_timeout(LIMIT).unwrap();
            // The channel is closed by then: the completion cannot be called again.
            prop_assert!(outcomes.recv_timeout(LIMIT).is_err());
            for cancel in cancels {
                cancel.join().unwrap();
            }

            let was = |wanted: fn(&Happens) -> bool| order.iter().any(wanted);
            match outcome {
                Outcome::Cancelled => prop_assert!(was(|event| matches!(event, Happens::Cancel))),
                Outcome::Error(error) if error.kind == ErrorKind::Internal => {
                    prop_assert!(panics_in_drop || was(|event| matches!(event, Happens::Panics)));
                }
                other => prop_assert!(matches!(other, Outcome::Error(error) if error.message == "it ended")),
            }
        }
    }
}
