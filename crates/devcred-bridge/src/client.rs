//! The client of every binding: configuration, and one swapped pointer to what lives in a process.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use devcred::internal;
use tokio::sync::{Notify, watch};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use crate::call::{Call, Waiter};
use crate::options::{AccessKey, Options};
use crate::outcome::{ErrorInfo, Outcome};
use crate::process::PerProcess;
use crate::runtime::Running;

/// What a call asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The device.
    pub client_id: String,
    /// Its instance, unless it is the client's.
    pub instance_id: Option<String>,
    /// How long the call may take, unless as long as the client says.
    pub timeout: Option<Duration>,
}

/// A client. It may be used from every thread at once, and in a process that was forked off.
pub struct Client {
    live: PerProcess<Live>,
    log: Option<Dispatch>,
    is_closed: AtomicBool,
}

/// What lives in one process. The key stands beside the core client, whose own stands behind a lock.
struct Live {
    core: devcred::Client,
    access_key: devcred::AccessKey,
    closed: watch::Sender<bool>,
}

impl Client {
    /// Checks the options. Nothing is sent, and no thread started.
    ///
    /// # Errors
    /// `InvalidParameter`, as the core says.
    pub fn new(mut options: Options) -> Result<Self, Box<ErrorInfo>> {
        let log = options.log.take().map(|log| log.0);
        let core = options.build()?;
        let access_key = internal::access_key(&core);
        let live = PerProcess::new(Live { core, access_key, closed: watch::Sender::default() });
        Ok(Self { live, log, is_closed: AtomicBool::new(false) })
    }

    /// Starts a call. `complete` is called exactly once, on a thread of the runtime, and must return soon.
    ///
    /// # Errors
    /// `InvalidParameter` where the client is closed, `Internal` where there is no runtime; `complete` is not called then.
    pub fn start(
        &self,
        request: Request,
        complete: impl FnOnce(Outcome) + Send + 'static,
    ) -> Result<Call, Box<ErrorInfo>> {
        self.start_with(request, |_| (), complete)
    }

    /// The same. `begin` is shown the call before it goes on its way, so that whatever it makes of it is there for `complete`,
    /// which may come before this function returns.
    ///
    /// # Errors
    /// As [`start`](Self::start); `begin` is not called then.
    pub fn start_with(
        &self,
        request: Request,
        begin: impl FnOnce(&Call),
        complete: impl FnOnce(Outcome) + Send + 'static,
    ) -> Result<Call, Box<ErrorInfo>> {
        let live = self.live()?;
        let running =
            Running::get().map_err(|error| ErrorInfo::internal(format!("no thread could be started: {error}")))?;
        let cancelled = Arc::<Notify>::default();
        let call = Call::new(Arc::clone(&cancelled));
        let task = run(live.core.clone(), request, cancelled, live.closed.subscribe());
        let task = async move {
            let outcome = task.await;
            // What a binding's code does must not take a thread of ours along.
            let _ = catch_unwind(AssertUnwindSafe(|| complete(outcome)));
        };
        begin(&call);
        match &self.log {
            Some(log) => running.spawn(task.with_subscriber(log.clone())),
            None => running.spawn(task),
        }
        Ok(call)
    }

    /// Starts a call to [wait](Waiter::wait) for.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_waiting(&self, request: Request) -> Result<Waiter, Box<ErrorInfo>> {
        Waiter::start(|complete| self.start(request, complete))
    }

    /// Replaces the key, for attempts that begin afterwards.
    ///
    /// # Errors
    /// `InvalidParameter`, with the old key still in use, for a key that is refused, and where the client is closed.
    pub fn set_access_key(&self, access_key: &AccessKey) -> Result<(), Box<ErrorInfo>> {
        let access_key = access_key.checked()?;
        // Asked first, so that what the core refuses gets nowhere.
        let live = self.live()?;
        live.core.set_access_key(access_key.clone())?;
        self.live.update(|live| Live { access_key: access_key.clone(), ..live.clone() });
        // Of two that come at once the one whose key stands here wins there too.
        loop {
            let live = self.live()?;
            live.core.set_access_key(live.access_key.clone())?;
            if Arc::ptr_eq(&live, &self.live()?) {
                return Ok(());
            }
        }
    }

    /// Ends the client: calls under way are cancelled, later ones refused.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        if let Ok(live) = self.live_of_this_process() {
            live.closed.send_replace(true);
        }
    }

    /// The ids of the keys that calls are signed with and that a child would take.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> (String, String) {
        let live = self.live_of_this_process().unwrap();
        (internal::access_key(&live.core).id().to_owned(), live.access_key.id().to_owned())
    }

    fn live(&self) -> Result<Arc<Live>, Box<ErrorInfo>> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(ErrorInfo::invalid_parameter("the client is closed"));
        }
        self.live_of_this_process()
    }

    fn live_of_this_process(&self) -> Result<Arc<Live>, Box<ErrorInfo>> {
        self.live.get(|parents| match parents {
            Some(parents) => parents.afresh(),
            None => Err(ErrorInfo::internal("the client has lost its configuration")),
        })
    }
}

impl Live {
    /// For a child process: of the parent's only what never changes is read.
    fn afresh(&self) -> Result<Self, Box<ErrorInfo>> {
        let core = internal::afresh(&self.core, self.access_key.clone())?;
        Ok(Self { core, access_key: self.access_key.clone(), closed: watch::Sender::default() })
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), access_key: self.access_key.clone(), closed: self.closed.clone() }
    }
}

/// A call until it is cancelled. A panic in it becomes an error.
async fn run(
    core: devcred::Client,
    request: Request,
    cancelled: Arc<Notify>,
    mut closed: watch::Receiver<bool>,
) -> Outcome {
    let Request { client_id, instance_id, timeout } = request;
    let mut call = core.get_device_credential(client_id);
    if let Some(instance_id) = instance_id {
        call = call.instance_id(instance_id);
    }
    if let Some(timeout) = timeout {
        call = call.timeout(timeout);
    }
    let (mut call, mut cancelled) = (pin!(call.into_future()), pin!(cancelled.notified()));
    let mut closed = pin!(async {
        // A client that was dropped, and not closed, lets its calls go on.
        if closed.wait_for(|is_closed| *is_closed).await.is_err() {
            pending::<()>().await;
        }
    });
    poll_fn(|context| {
        if cancelled.as_mut().poll(context).is_ready() || closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Outcome::Cancelled);
        }
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(credential))) => Poll::Ready(Outcome::Ok(Box::new(credential.into()))),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Outcome::Error(error.into())),
            Err(_) => Poll::Ready(Outcome::Error(ErrorInfo::panicked())),
        }
    })
    .await
}
