//! The timer that pauses a blocking call so that its caller can check whether to cancel it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A timer that the calls of one runtime use one after another. It keeps running when a call ends,
/// because a new timer that is due before all others of the runtime costs system calls.
#[derive(Default)]
pub(crate) struct CheckTimer(Option<Pin<Box<Sleep>>>);

impl CheckTimer {
    /// Returns what the future returns, or `None` if a check is due before: after `interval`, or
    /// earlier if the timer was running.
    pub(crate) async fn run<F: Future>(&mut self, interval: Duration, future: F) -> Option<F::Output> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep(interval)));
        let now = Instant::now();
        if timer.deadline() <= now || timer.deadline() > now + interval {
            timer.as_mut().reset(now + interval);
        }
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => timer.as_mut().poll(context).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::runtime::Builder;
    use tokio::time::timeout;

    use super::*;

    /// The longest time that the test waits.
    const LIMIT: Duration = Duration::from_secs(30);

    #[test]
    fn every_call_is_paused_after_its_interval_whatever_the_calls_before_have_left() {
        let (short, long) = (Duration::from_millis(1), 100 * LIMIT);
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let mut timer = CheckTimer::default();
        runtime.block_on(async {
            for _ in 0..2 {
                assert_eq!(timer.run(short, pending::<()>()).await, None);
            }
            // Is due again before the call begins.
            assert_eq!(timer.run(short, ready(1)).await, Some(1));
            tokio::time::sleep(2 * short).await;
            assert_eq!(timer.run(long, async { tokio::task::yield_now().await }).await, Some(()));
            // Is due much later than this call needs.
            assert_eq!(timeout(LIMIT, timer.run(short, pending::<()>())).await, Ok(None));
        });
    }
}
