//! A call that runs on the thread that waits for it.

use std::future::poll_fn;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::blocked_threads::block_on;
use crate::call;
use crate::log::{self, EventQueue, Log};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process;

pub(crate) struct LocalCall<F, K> {
    runtime: Arc<Runtime>,
    future: Pin<Box<Option<F>>>,
    /// The events that the call has logged.
    events: Option<EventQueue>,
    has_begun: bool,
    /// What the call keeps, dropped after its future.
    _kept: K,
}

/// Why the call does not run now.
enum Pause {
    Ended(Outcome),
    HasEvents,
    IntervalPassed,
}

/// Creates a call, which begins when it is run.
pub(crate) fn new<K>(
    runtime: Arc<Runtime>,
    log: Option<Log>,
    call: impl Future<Output = Outcome>,
    kept: K,
) -> LocalCall<impl Future<Output = Outcome>, K> {
    let events = log.map(EventQueue::new);
    let future = log::with_log(events.as_ref().map(EventQueue::as_log), call);
    LocalCall { runtime, future: Box::pin(Some(future)), events, has_begun: false, _kept: kept }
}

impl<F: Future<Output = Outcome>, K> LocalCall<F, K> {
    /// Runs the call to its end. After every `interval` it calls `check`, which cancels the call if
    /// it breaks.
    ///
    /// The log's function and `check` run outside of the runtime. So other threads continue
    /// meanwhile, and both may fork: in the child, the call is refused.
    pub(crate) fn run(mut self, interval: Option<Duration>, mut check: impl FnMut() -> ControlFlow<()>) -> Outcome {
        let process = process::current();
        loop {
            let pause = self.resume(interval);
            let has_logged = self.events.as_ref().is_some_and(EventQueue::flush);
            let is_checked = matches!(pause, Pause::IntervalPassed);
            let is_cancelled = is_checked && check().is_break();
            if (has_logged || is_checked) && process::current() != process {
                // All of this belongs to the parent process.
                mem::forget(self);
                return ErrorInfo::started_before_fork().into();
            }
            if let Pause::Ended(outcome) = pause {
                return outcome;
            }
            if is_cancelled {
                return self.cancel();
            }
        }
    }

    fn resume(&mut self, interval: Option<Duration>) -> Pause {
        let Self { runtime, future, events, has_begun, .. } = self;
        let run = poll_fn(|context| match call::poll(future.as_mut(), context) {
            Poll::Ready(outcome) => Poll::Ready(Pause::Ended(outcome)),
            Poll::Pending if events.as_ref().is_some_and(EventQueue::has_events) => Poll::Ready(Pause::HasEvents),
            Poll::Pending => Poll::Pending,
        });
        block_on(runtime, async {
            if !mem::replace(has_begun, true) {
                // The connection of the last call returns to the pool, and those that the server has
                // closed leave it.
                yield_now().await;
            }
            match interval {
                Some(interval) => timeout(interval, run).await.unwrap_or(Pause::IntervalPassed),
                None => run.await,
            }
        })
    }

    fn cancel(mut self) -> Outcome {
        let Self { runtime, future, .. } = &mut self;
        block_on(runtime, async {
            let outcome = call::end(future.as_mut(), Outcome::Cancelled);
            // Its connection closes.
            yield_now().await;
            outcome
        })
    }
}
