//! A started call: it completes exactly once, and it can be cancelled.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::Notify;

use crate::outcome::{ErrorInfo, Outcome};
use crate::panic::{contain_panic, ignore_panic};
use crate::{process, runtime};

/// The handle of a started call. Dropping it does not cancel the call.
#[derive(Clone)]
pub struct CallHandle {
    /// The process that started the call.
    process: u32,
    /// A child may drop it, because that takes no lock and ends nothing.
    cancelled: Arc<Notify>,
}

impl CallHandle {
    /// Ends the call soon, with [`Outcome::Cancelled`], and closes its connection. A call that has
    /// ended, or ends at this moment, keeps its outcome.
    ///
    /// # Errors
    /// `InvalidParameter` in a process that was forked after the call was started: the call neither
    /// runs nor completes there.
    pub fn cancel(&self) -> Result<(), Box<ErrorInfo>> {
        if self.process != process::current() {
            return Err(ErrorInfo::started_before_fork());
        }
        self.cancelled.notify_one();
        Ok(())
    }
}

/// Runs a call in this process, which has this id, and passes its outcome to `complete`, on a
/// thread of the bridge. If the system refuses the thread, `complete` runs on this one before this
/// function returns. `on_start` receives the handle before `complete` can run.
pub(crate) fn start(
    process: u32,
    call: impl Future<Output = Outcome> + Send + 'static,
    on_start: impl FnOnce(&CallHandle),
    complete: impl FnOnce(Outcome) + Send + 'static,
) -> CallHandle {
    let cancelled = Arc::<Notify>::default();
    let handle = CallHandle { process, cancelled: Arc::clone(&cancelled) };
    ignore_panic(|| on_start(&handle));
    match runtime::handle(process) {
        Ok(runtime) => drop(runtime.spawn(async move {
            let outcome = run(call, &cancelled).await;
            ignore_panic(|| complete(outcome));
        })),
        Err(error) => ignore_panic(|| runtime::as_bridge_thread(|| complete(error.into()))),
    }
    handle
}

/// Returns the outcome, whether the call ended or was cancelled.
async fn run(call: impl Future<Output = Outcome>, cancelled: &Notify) -> Outcome {
    let (mut call, mut cancelled) = (pin!(Some(call)), pin!(cancelled.notified()));
    poll_fn(|context| match cancelled.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(end(call.as_mut(), Outcome::Cancelled)),
        Poll::Pending => poll(call.as_mut(), context),
    })
    .await
}

/// Polls a call. A panic in it is its outcome. Once it has one, the future and its connection are
/// dropped.
pub(crate) fn poll<F: Future<Output = Outcome>>(
    mut call: Pin<&mut Option<F>>,
    context: &mut Context<'_>,
) -> Poll<Outcome> {
    let poll = || Ok(call.as_mut().as_pin_mut().map_or(Poll::Pending, |call| call.poll(context)));
    let outcome = ready!(contain_panic(poll).unwrap_or_else(|error| Poll::Ready(error.into())));
    Poll::Ready(end(call, outcome))
}

/// Drops the future of a call and returns the outcome: this one, unless the destructor panics.
pub(crate) fn end<F>(mut call: Pin<&mut Option<F>>, outcome: Outcome) -> Outcome {
    let end = || {
        call.set(None);
        Ok(outcome)
    };
    contain_panic(end).unwrap_or_else(Outcome::from)
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

    /// The longest time that a test waits.
    const LIMIT: Duration = Duration::from_secs(30);

    /// An event in the life of a call.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        End,
        Panic,
        Cancel,
        DropHandle,
        /// Lets other threads run.
        Yield,
    }

    fn event() -> impl Strategy<Value = Event> {
        use Event::{Cancel, DropHandle, End, Panic, Yield};
        prop_oneof![Just(End), Just(Panic), Just(Cancel), Just(DropHandle), Just(Yield)]
    }

    /// Panics when a cancelled call is dropped.
    struct PanicInDrop(bool);

    impl Drop for PanicInDrop {
        fn drop(&mut self) {
            if self.0 && !thread::panicking() {
                panic_silently();
            }
        }
    }

    /// Panics without calling the panic hook.
    fn panic_silently() {
        resume_unwind(Box::new(()));
    }

    fn ended() -> Outcome {
        ErrorInfo::invalid_parameter("it ended").into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_call_completes_once_whatever_happens_in_whatever_order(
            order in prop::collection::vec(event(), 0..6),
            at_once in any::<bool>(),
            panics_in_drop in any::<bool>(),
        ) {
            let (end, ending) = oneshot::channel();
            let (sender, outcomes) = channel();
            let call = async move {
                let _guard = PanicInDrop(panics_in_drop);
                // If nothing is sent, dropping the sender ends the call.
                let panics = ending.await.unwrap_or(false);
                if panics {
                    panic_silently();
                }
                ended()
            };
            let call = Arc::new(start(process::current(), call, |_| (), move |outcome| sender.send(outcome).unwrap()));
            let (mut end, mut handle) = (Some(end), Some(Arc::clone(&call)));
            let mut cancels = Vec::new();
            for event in &order {
                match event {
                    Event::End | Event::Panic => {
                        let panics = matches!(event, Event::Panic);
                        end.take().map(|end| end.send(panics));
                    }
                    Event::Cancel if at_once => {
                        let call = Arc::clone(&call);
                        cancels.push(thread::spawn(move || call.cancel().unwrap()));
                    }
                    Event::Cancel => call.cancel().unwrap(),
                    Event::DropHandle => drop(handle.take()),
                    Event::Yield => thread::yield_now(),
                }
            }
            drop((end, handle, call));
            let outcome = outcomes.recv_timeout(LIMIT).unwrap();
            // The channel is closed now, so the completion cannot be called again.
            prop_assert!(outcomes.recv_timeout(LIMIT).is_err());
            for cancel in cancels {
                cancel.join().unwrap();
            }

            let has = |wanted: fn(&Event) -> bool| order.iter().any(wanted);
            match outcome {
                Outcome::Cancelled => prop_assert!(has(|event| matches!(event, Event::Cancel))),
                Outcome::Error(error) if error.kind == ErrorKind::Internal => {
                    prop_assert!(panics_in_drop || has(|event| matches!(event, Event::Panic)));
                }
                other => prop_assert!(matches!(other, Outcome::Error(error) if error.message == "it ended")),
            }
        }
    }
}
