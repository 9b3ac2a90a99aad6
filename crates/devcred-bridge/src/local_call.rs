//! A call that runs on the thread that waits for it.

use std::future::poll_fn;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;

use crate::call;
use crate::inner::Inner;
use crate::log::{self, EventQueue, Log};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process;
use crate::request::Request;
use crate::running::RunningCall;
use crate::runtime_pool::CallerRuntime;

/// A call, and what it keeps.
pub(crate) struct LocalCall<F> {
    future: Pin<Box<Option<F>>>,
    runtime: CallerRuntime,
    /// The events that the call has logged.
    events: Option<EventQueue>,
    has_begun: bool,
    inner: Arc<Inner>,
    _running: RunningCall,
}

/// Why the call does not run now.
enum Pause {
    Ended(Outcome),
    HasEvents,
    IntervalPassed,
}

/// Creates a call, which begins when it is run.
pub(crate) fn new(
    inner: Arc<Inner>,
    runtime: CallerRuntime,
    log: Option<Log>,
    running: RunningCall,
    request: Request,
) -> LocalCall<impl Future<Output = Outcome>> {
    let events = log.map(EventQueue::new);
    let log = events.as_ref().map(EventQueue::as_log);
    let (caller, client) = (Arc::clone(&inner), runtime.client.clone());
    let future = log::with_log(log, async move { caller.call(&client, request).await });
    LocalCall { future: Box::pin(Some(future)), runtime, events, has_begun: false, inner, _running: running }
}

impl<F: Future<Output = Outcome>> LocalCall<F> {
    /// Runs the call to its end in this process. After every `interval` and after an event it calls
    /// `check`, which cancels the call if it breaks.
    ///
    /// The log's function and `check` run outside of the runtime, and both may fork: in the child,
    /// the call is refused.
    pub(crate) fn run(
        mut self,
        process: u32,
        interval: Option<Duration>,
        mut check: impl FnMut() -> ControlFlow<()>,
    ) -> Outcome {
        let outcome = loop {
            let pause = self.resume(interval);
            let has_ended = matches!(pause, Pause::Ended(_));
            let has_logged = self.events.as_ref().is_some_and(EventQueue::flush);
            let is_cancelled = !has_ended && check().is_break();
            if (has_logged || !has_ended) && process::current() != process {
                // All of this belongs to the parent process.
                mem::forget(self);
                return ErrorInfo::started_before_fork().into();
            }
            match pause {
                Pause::Ended(outcome) => break outcome,
                _ if is_cancelled => break self.cancel(),
                Pause::HasEvents | Pause::IntervalPassed => {}
            }
        };
        self.inner.runtimes.put_back(self.runtime);
        outcome
    }

    fn resume(&mut self, interval: Option<Duration>) -> Pause {
        let Self { future, runtime, events, has_begun, .. } = self;
        let run = poll_fn(|context| match call::poll(future.as_mut(), context) {
            Poll::Ready(outcome) => Poll::Ready(Pause::Ended(outcome)),
            Poll::Pending if events.as_ref().is_some_and(EventQueue::has_events) => Poll::Ready(Pause::HasEvents),
            Poll::Pending => Poll::Pending,
        });
        let mut check_timer = mem::take(&mut runtime.check_timer);
        let pause = runtime.block_on(async {
            if !mem::replace(has_begun, true) {
                // The connection of the last call returns to the pool, and if the server has closed
                // it, it learns so before it sends a request.
                yield_now().await;
            }
            let pause = match interval {
                Some(interval) => check_timer.run(interval, run).await.unwrap_or(Pause::IntervalPassed),
                None => run.await,
            };
            if matches!(&pause, Pause::Ended(Outcome::Error(_))) {
                // Its connection closes, unless its response was read to the end.
                yield_now().await;
            }
            pause
        });
        runtime.check_timer = check_timer;
        pause
    }

    fn cancel(&mut self) -> Outcome {
        let Self { future, runtime, .. } = self;
        runtime.block_on(async {
            let outcome = call::end(future.as_mut(), Outcome::Cancelled);
            // Its connection closes.
            yield_now().await;
            outcome
        })
    }
}
