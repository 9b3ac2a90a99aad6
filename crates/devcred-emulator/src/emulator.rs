//! A running emulator.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{error, fmt};

use tokio::net::TcpListener;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::call::Call;
use crate::journal::Journal;
use crate::server;
use crate::service::Service;

/// A running emulator. Dropping it stops listening and closes its connections.
pub struct Emulator {
    service: Arc<Service>,
    address: SocketAddr,
    endpoint: String,
    /// The server runs until this is dropped.
    running: Option<oneshot::Sender<Infallible>>,
    server: JoinHandle<()>,
}

impl Emulator {
    /// An emulator with a fresh key pair, on which every instance and device is known, on a free port of `127.0.0.1`.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn serve(listener: TcpListener, address: SocketAddr, service: Arc<Service>) -> Self {
        let (running, stopped) = oneshot::channel();
        let server = tokio::spawn(server::serve(listener, Arc::clone(&service), stopped));
        Self { service, address, endpoint: format!("http://{address}"), running: Some(running), server }
    }

    /// The URL to give to a client: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the first access key: the one that was made where none was configured.
    pub fn access_key_id(&self) -> &str {
        self.service.accounts.first().map_or("", |account| &account.access_key_id)
    }

    /// The secret of the first access key.
    pub fn access_key_secret(&self) -> &str {
        self.service.accounts.first().map_or("", |account| &account.access_key_secret)
    }

    /// The security token of the first access key, where it was configured with one.
    pub fn security_token(&self) -> Option<&str> {
        self.service.accounts.first()?.security_token.as_deref()
    }

    /// The calls so far, oldest first, at most the last 10,000. A call without an [`end`](Call::end) is unanswered yet.
    pub fn calls(&self) -> Vec<Call> {
        self.service.recorder.journal.borrow().calls().cloned().collect()
    }

    /// Empties the journal of calls. Connections stay counted.
    pub fn clear_calls(&self) {
        self.service.recorder.clear_calls();
    }

    /// How many connections have been accepted since the start.
    pub fn accepted_connections(&self) -> u64 {
        self.service.recorder.journal.borrow().accepted_connections()
    }

    /// How many connections are open now.
    pub fn open_connections(&self) -> u64 {
        self.service.recorder.journal.borrow().open_connections()
    }

    /// Waits until `condition` holds of the journal: that a call has arrived, has ended, that connections are closed.
    /// It is asked now and after each change, and must ask the journal it is given, not the emulator.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # async fn example(emulator: devcred_emulator::Emulator) -> Result<(), devcred_emulator::TimedOut> {
    /// let limit = Duration::from_secs(5);
    /// emulator.wait_for(limit, |journal| journal.calls().len() == 1).await?;
    /// emulator.wait_for(limit, |journal| journal.calls().all(|call| call.end.is_some())).await?;
    /// emulator.wait_for(limit, |journal| journal.open_connections() == 0).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`TimedOut`], where it does not hold within `limit`.
    pub async fn wait_for(&self, limit: Duration, condition: impl FnMut(&Journal) -> bool) -> Result<(), TimedOut> {
        let mut journal = self.service.recorder.journal.subscribe();
        let waited = tokio::time::timeout(limit, journal.wait_for(condition)).await;
        // The inner result fails only where the channel is closed, and `self` keeps it open.
        waited.map_or(Err(TimedOut { limit }), |_| Ok(()))
    }

    /// Each call as it ends, from now on. A subscriber that does not keep up loses the oldest of 256 calls.
    pub fn finished_calls(&self) -> FinishedCalls {
        FinishedCalls(self.service.recorder.finished.subscribe())
    }

    /// Stops listening and returns when every connection is closed.
    pub async fn shutdown(mut self) {
        self.service.recorder.stopping();
        self.running = None;
        // It fails where the runtime has ended the server before.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.service.recorder.stopping();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Emulator");
        debug.field("endpoint", &self.endpoint).field("access_key_id", &self.access_key_id()).finish_non_exhaustive()
    }
}

/// Calls as they end; made by [`Emulator::finished_calls`].
#[derive(Debug)]
pub struct FinishedCalls(broadcast::Receiver<Call>);

impl FinishedCalls {
    /// The next call that has ended; `None` when the emulator is gone.
    pub async fn next(&mut self) -> Option<Call> {
        loop {
            match self.0.recv().await {
                Ok(call) => return Some(call),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// [`Emulator::wait_for`] came to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    limit: Duration,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what was waited for did not happen within {:?}", self.limit)
    }
}

impl error::Error for TimedOut {}
