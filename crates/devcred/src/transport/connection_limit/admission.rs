//! One admitted attempt, and a connection that is being opened.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use tokio::time::timeout_at;

use super::state::RETURN_MAX;
use super::{ConnectionLimit, Waiting};

tokio::task_local! {
    /// The admission of the attempt that is polled. The HTTP library continues to open a connection
    /// that its attempt no longer needs, but not as a part of the attempt.
    static ADMISSION: Admission;
}

/// Admits one attempt, which ends when this is dropped.
pub(crate) struct Admission {
    limit: Arc<ConnectionLimit>,
    /// Whether the attempt opens a connection that no other may use.
    pub is_single: bool,
    progress: Cell<Progress>,
}

/// How far an attempt is with its connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Progress {
    /// May open a connection.
    MayOpen,
    /// May use a connection that is idle since then, but has not got it.
    MayUse(Instant),
    /// Uses a connection that was idle since then.
    Using(Instant),
    /// Opens a connection. If another became idle before, the attempt uses that one.
    Opening,
    /// Uses the connection that it opened.
    Opened,
    /// Has no connection: opening it failed.
    Failed,
    Ended,
}

impl Admission {
    pub(super) fn new(limit: &Arc<ConnectionLimit>, progress: Progress, is_single: bool) -> Self {
        let is_single = is_single && progress == Progress::MayOpen;
        Self { limit: Arc::clone(limit), is_single, progress: Cell::new(progress) }
    }

    /// Makes the attempt, for which this is then the `current` one.
    pub(crate) fn scope<T>(self, attempt: impl Future<Output = T>) -> impl Future<Output = T> {
        self.set_received();
        ADMISSION.scope(self, attempt)
    }

    /// Runs this with the admission of the attempt that is polled.
    pub(crate) fn current<T>(with: impl FnOnce(&Self) -> T) -> Option<T> {
        ADMISSION.try_with(with).ok()
    }

    /// The attempt has got its connection.
    pub(crate) fn set_received(&self) {
        if let Progress::MayUse(since) = self.progress.get() {
            self.progress.set(Progress::Using(since));
        }
    }

    /// Whether the attempt uses a connection that was used before.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self.progress.get(), Progress::Opened)
    }

    /// Ends the attempt: its connection stays open.
    pub(crate) fn keep(&self) {
        self.end(!self.is_single);
    }

    fn end(&self, stays_open: bool) {
        let (progress, is_single) = (self.progress.replace(Progress::Ended), self.is_single);
        if progress == Progress::Ended {
            return;
        }
        self.limit.update(|state| {
            match progress {
                Progress::MayOpen => {
                    state.opening -= 1;
                    if stays_open {
                        state.find();
                    }
                }
                Progress::MayUse(since) => state.return_unused(since),
                Progress::Using(_) | Progress::Opening | Progress::Opened if !stays_open => state.close(is_single),
                _ => {}
            }
            if !is_single {
                state.attempts -= 1;
            }
        });
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// A connection that is being opened. Dropping it means that this failed.
pub(crate) struct Opening {
    limit: Arc<ConnectionLimit>,
    is_single: bool,
    is_open: bool,
}

impl Opening {
    /// Begins to open a connection for the attempt that is polled, once that is allowed. Returns
    /// `None` if the attempt no longer needs it.
    pub(crate) async fn begin() -> Option<Self> {
        let (limit, is_single, progress) =
            Admission::current(|attempt| (Arc::clone(&attempt.limit), attempt.is_single, attempt.progress.get()))?;
        let opening = match progress {
            Progress::MayOpen => Self { limit, is_single, is_open: false },
            Progress::Using(since) => Self::after_wait(limit, since).await?,
            _ => Self::after_wait(limit, Instant::now()).await?,
        };
        Admission::current(|attempt| attempt.progress.set(Progress::Opening))?;
        Some(opening)
    }

    /// The attempt should have found a connection that is idle since `since`. That was closed, or
    /// is about to become idle.
    async fn after_wait(limit: Arc<ConnectionLimit>, since: Instant) -> Option<Self> {
        Admission::current(|attempt| attempt.progress.set(Progress::MayUse(since)))?;
        let _waiting = Waiting::new(&limit);
        let mut idle_since = Some(since);
        loop {
            let mut changed = pin!(limit.changed.notified());
            if limit.reopen(&mut idle_since) {
                return Some(Self { limit: Arc::clone(&limit), is_single: false, is_open: false });
            }
            let is_needed = poll_fn(|context| match Admission::current(|_| ()) {
                Some(()) => changed.as_mut().poll(context).map(|()| true),
                None => Poll::Ready(false),
            });
            // Then it was closed.
            let latest = since + RETURN_MAX;
            let is_needed = match idle_since {
                Some(_) => timeout_at(latest.into(), is_needed).await.unwrap_or(true),
                None => is_needed.await,
            };
            if !is_needed {
                return None;
            }
        }
    }

    /// Returns a copy of the connector, which is of this type.
    pub(crate) fn connector<S: Clone + 'static>(&self) -> Option<S> {
        self.limit.connector.get()?.downcast_ref().cloned()
    }

    pub(crate) fn succeed(mut self) {
        self.is_open = true;
        let is_single = self.is_single;
        self.limit.update(|state| {
            state.opening -= 1;
            *(if is_single { &mut state.single } else { &mut state.shared }) += 1;
        });
        let _ = Admission::current(|attempt| attempt.progress.set(Progress::Opened));
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if !self.is_open {
            self.limit.update(|state| state.opening -= 1);
            let _ = Admission::current(|attempt| attempt.progress.set(Progress::Failed));
        }
    }
}
