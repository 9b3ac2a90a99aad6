//! The part of a client that belongs to one process.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;

use arc_swap::ArcSwap;
use devcred::{AccessKey, Client, Error, bridge_support};
use tokio::sync::watch;

use crate::outcome::{ErrorInfo, Outcome};
use crate::request::Request;
use crate::runtime;
use crate::runtime_pool::RuntimePool;

/// In a debug build, a call for this client id panics, so that a binding can test what its caller
/// sees then. `cargo xtask check ledger` proves that no released library contains it.
#[cfg(any(test, debug_assertions))]
pub const PANIC_CLIENT_ID: &str = "GID_test@@@panic";

pub(crate) struct Inner {
    core: Client,
    /// Whether a runtime uses the connections of `core`. The first runtime does, so that a program
    /// needs no others as long as it has one runtime.
    is_core_used: AtomicBool,
    /// The client of the bridge's thread.
    started: OnceLock<Client>,
    /// The runtimes of blocking calls.
    pub(crate) runtimes: RuntimePool,
    /// The core has the same key behind a lock, which in a forked child may stay locked.
    access_key: ArcSwap<AccessKey>,
    /// Locked while both are replaced, so that they stay the same.
    replacing: Mutex<()>,
    closed: watch::Sender<bool>,
}

impl Inner {
    pub(crate) fn new(core: Client, access_key: Arc<AccessKey>) -> Self {
        Self {
            core,
            is_core_used: AtomicBool::new(false),
            started: OnceLock::new(),
            runtimes: RuntimePool::new(),
            access_key: ArcSwap::new(access_key),
            replacing: Mutex::default(),
            closed: watch::Sender::new(false),
        }
    }

    /// Creates the same client for a forked child. It reads one pointer and what never changes.
    pub(crate) fn rebuild(&self) -> Result<Self, Error> {
        let access_key = self.access_key.load_full();
        let core = bridge_support::rebuild(&self.core, AccessKey::clone(&access_key), runtime::resolver())?;
        Ok(Self::new(core, access_key))
    }

    pub(crate) fn set_access_key(&self, access_key: AccessKey) -> Result<(), Error> {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        self.core.set_access_key(access_key.clone())?;
        self.access_key.store(Arc::new(access_key));
        Ok(())
    }

    /// Ends the running calls.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Returns a client whose connections belong to no runtime yet.
    pub(crate) fn new_client(&self) -> Result<Client, Error> {
        match self.is_core_used.swap(true, Ordering::Relaxed) {
            false => Ok(self.core.clone()),
            true => bridge_support::with_separate_connections(&self.core, runtime::resolver()),
        }
    }

    /// Makes a call on the thread of the bridge.
    pub(crate) async fn call_on_bridge_thread(&self, request: Request) -> Outcome {
        let client = match self.started.get() {
            Some(client) => Ok(client),
            // Only that thread creates it.
            None => self.new_client().map(|client| self.started.get_or_init(|| client)),
        };
        match client {
            Ok(client) => self.call(client, request).await,
            Err(error) => error.into(),
        }
    }

    /// Makes a call with this client. It ends early if the bridge's client is closed.
    pub(crate) async fn call(&self, client: &Client, request: Request) -> Outcome {
        let mut closed = self.closed.subscribe();
        let mut closed = pin!(async move {
            if closed.wait_for(|closed| *closed).await.is_err() {
                // The client was dropped, so it can no longer be closed.
                pending::<()>().await;
            }
        });
        #[cfg(any(test, debug_assertions))]
        #[allow(clippy::panic, reason = "bindings test what their callers see then")]
        if request.client_id == PANIC_CLIENT_ID {
            panic!("a test requested this panic");
        }
        let mut call = pin!(request.send(client));
        poll_fn(|context| match closed.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(ErrorInfo::closed_during_the_call().into()),
            Poll::Pending => call.as_mut().poll(context),
        })
        .await
    }
}
