//! A running emulator.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{error, fmt};

use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::journal::Journal;
use crate::journal::call::RecordedCall;
use crate::journal::exchange::Exchange;
use crate::server;
use crate::server::connection;
use crate::server::listener::{Listener, ShutdownSignal};
use crate::server::proxy::{ProxyRequest, ProxyServer};
use crate::server::tls::Protocols;
use crate::service::Service;
use crate::sync::lock;

/// A running emulator. Dropping it stops listening and closes its connections.
pub struct Emulator {
    service: Arc<Service>,
    address: SocketAddr,
    endpoint: String,
    authority_pem: Option<String>,
    proxy: Option<(SocketAddr, Arc<Mutex<Vec<ProxyRequest>>>)>,
    redirect_connections: Arc<AtomicU64>,
    /// The servers run until this is dropped.
    running: Option<watch::Sender<()>>,
    servers: JoinHandle<()>,
}

/// Everything an emulator listens on.
pub(crate) struct Listeners {
    pub(crate) service: Listener,
    pub(crate) protocols: Protocols,
    pub(crate) redirected: Option<Listener>,
    pub(crate) proxy: Option<ProxyServer>,
}

impl Emulator {
    /// Returns a builder. By default, the emulator listens on a free port of `127.0.0.1`, has one
    /// random access key, and knows every instance and device.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn serve(
        service: Arc<Service>,
        listeners: Listeners,
        endpoint: String,
        authority_pem: Option<String>,
    ) -> Self {
        let (running, shutdown) = watch::channel(());
        let redirect_connections = Arc::default();
        Self {
            address: listeners.service.address,
            endpoint,
            authority_pem,
            proxy: listeners.proxy.as_ref().map(|proxy| (proxy.address, Arc::clone(&proxy.requests))),
            servers: tokio::spawn(listeners.run(Arc::clone(&service), Arc::clone(&redirect_connections), shutdown)),
            service,
            redirect_connections,
            running: Some(running),
        }
    }

    /// Returns the URL to give to a client: `http://127.0.0.1:PORT`, with TLS
    /// `https://localhost:PORT`, and with TLS behind a proxy `https://service.test`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the address that the emulator listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the id of the first access key, or of the random one if none was configured.
    pub fn access_key_id(&self) -> &str {
        self.service.access_keys.first().map_or("", |key| &key.access_key_id)
    }

    /// Returns the secret of the first access key.
    pub fn access_key_secret(&self) -> &str {
        self.service.access_keys.first().map_or("", |key| &key.access_key_secret)
    }

    /// Returns the security token of the first access key, if it was configured with one.
    pub fn security_token(&self) -> Option<&str> {
        self.service.access_keys.first()?.security_token.as_deref()
    }

    /// Returns the secret of a device's credential, to compare with the one that a client got.
    ///
    /// Returns `None` if the device has no credential yet: one is created when it is first
    /// requested or registered.
    pub fn device_access_key_secret(&self, instance_id: &str, client_id: &str) -> Option<String> {
        let devices = self.service.devices();
        let mut credentials = devices.credentials(client_id);
        credentials
            .find(|(instance, _)| *instance == instance_id)
            .map(|(_, credential)| credential.access_key_secret.clone())
    }

    /// Returns the certificate authority as PEM: a client has to trust it. `None` without
    /// [`Builder::tls`](crate::Builder::tls).
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority_pem.as_deref()
    }

    /// Returns the address of the proxy, if there is one.
    pub fn proxy_address(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().map(|(address, _)| *address)
    }

    /// Returns the requests to the proxy, oldest first.
    pub fn proxy_requests(&self) -> Vec<ProxyRequest> {
        self.proxy.as_ref().map(|(_, requests)| lock(requests).clone()).unwrap_or_default()
    }

    /// Returns how many connections were made to the target of redirects. It stays 0 for a client
    /// that does not follow redirects.
    pub fn redirect_connections(&self) -> u64 {
        self.redirect_connections.load(Ordering::Relaxed)
    }

    /// Returns how many calls the service would have billed: those that succeeded, even if a step
    /// changed the response.
    pub fn billed(&self) -> u64 {
        self.service.billed()
    }

    /// Returns the calls so far, oldest first: the last 10,000, or 32 MiB of them. A call without
    /// an [`end`](RecordedCall::end) has no response yet.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.service.recorder.journal.borrow().calls().cloned().collect()
    }

    /// Returns the bytes of the last 1000 requests and responses, oldest first, including the
    /// secrets that were sent. Empty without
    /// [`Builder::record_exchanges`](crate::Builder::record_exchanges).
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.service.exchanges.as_ref().map(|exchanges| exchanges.all()).unwrap_or_default()
    }

    /// Removes all calls from the journal. The connection counts stay.
    pub fn clear_calls(&self) {
        self.service.recorder.clear_calls();
    }

    /// Returns how many connections have been accepted since the start.
    pub fn accepted_connections(&self) -> u64 {
        self.service.recorder.journal.borrow().accepted_connections()
    }

    /// Returns how many connections are open now.
    pub fn open_connections(&self) -> u64 {
        self.service.recorder.journal.borrow().open_connections()
    }

    /// Returns the largest number of connections that were open at the same time.
    pub fn peak_connections(&self) -> u64 {
        self.service.recorder.journal.borrow().peak_connections()
    }

    /// Waits until `condition` is true of the journal: for example until a call has arrived or has
    /// ended, or until connections are closed.
    ///
    /// The condition is checked now and after each change. It must look at the journal that it
    /// receives, not at the emulator.
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
    /// Returns [`TimedOut`] if the condition is not true within `limit`.
    pub async fn wait_for(&self, limit: Duration, condition: impl FnMut(&Journal) -> bool) -> Result<(), TimedOut> {
        let mut journal = self.service.recorder.journal.subscribe();
        let waited = tokio::time::timeout(limit, journal.wait_for(condition)).await;
        // The inner result is an error only if the channel is closed, and `self` keeps it open.
        waited.map_or(Err(TimedOut { limit }), |_| Ok(()))
    }

    /// Returns each call as it ends, from now on. A subscriber that falls more than 256 calls
    /// behind loses the oldest of them.
    pub fn finished_calls(&self) -> FinishedCalls {
        FinishedCalls(self.service.recorder.finished.subscribe())
    }

    /// Stops listening, and returns when every connection is closed.
    pub async fn shutdown(mut self) {
        self.service.recorder.begin_shutdown();
        self.running = None;
        // An error means that the runtime has already stopped the server.
        let _ = (&mut self.servers).await;
    }
}

impl Listeners {
    async fn run(self, service: Arc<Service>, redirect_connections: Arc<AtomicU64>, shutdown: ShutdownSignal) {
        let (router, protocols) = (server::router(&service), self.protocols);
        let serve =
            |stream, peer| connection::serve(stream, peer, Arc::clone(&service), protocols.next(), router.clone());
        let redirected = async {
            let Some(listener) = self.redirected else { return };
            let count = |_, _| {
                redirect_connections.fetch_add(1, Ordering::Relaxed);
                std::future::ready(())
            };
            listener.run(shutdown.clone(), count).await;
        };
        let proxy = async {
            let Some(proxy) = self.proxy else { return };
            proxy.run(shutdown.clone()).await;
        };
        tokio::join!(self.service.run(shutdown.clone(), serve), redirected, proxy);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.service.recorder.begin_shutdown();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Emulator");
        debug.field("endpoint", &self.endpoint).field("access_key_id", &self.access_key_id()).finish_non_exhaustive()
    }
}

/// Calls as they end; created by [`Emulator::finished_calls`].
#[derive(Debug)]
pub struct FinishedCalls(broadcast::Receiver<RecordedCall>);

impl FinishedCalls {
    /// Returns the next call that has ended, or `None` when the emulator has stopped.
    pub async fn next(&mut self) -> Option<RecordedCall> {
        loop {
            match self.0.recv().await {
                Ok(call) => return Some(call),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// The condition of [`Emulator::wait_for`] was not met in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    limit: Duration,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the condition was not met within {:?}", self.limit)
    }
}

impl error::Error for TimedOut {}
