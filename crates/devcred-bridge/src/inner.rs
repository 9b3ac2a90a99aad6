//! The part of a client that belongs to one process.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Its connections belong to the bridge's thread.
    core: Client,
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

    /// Returns the id of the AccessKey that is in use now.
    pub(crate) fn access_key_id(&self) -> String {
        self.access_key.load().id().to_owned()
    }

    /// Ends the running calls.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Returns a client whose one connection belongs to no runtime yet, if there is one to spare.
    pub(crate) fn new_client(&self) -> Option<Client> {
        bridge_support::with_separate_connection(&self.core, runtime::resolver())
    }

    /// Makes a call on the thread of the bridge.
    pub(crate) async fn call_on_bridge_thread(&self, request: Request) -> Outcome {
        self.call(&self.core, request).await
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
