//! The part of a client that belongs to one process.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;

use arc_swap::ArcSwap;
use devcred::{AccessKey, Client, Error, bridge_support};
use tokio::sync::watch;

use crate::blocked_threads;
use crate::outcome::{ErrorInfo, Outcome};
use crate::request::Request;
use crate::runtime;

/// In a debug build, a call for this client id panics, so that a binding can test what its caller
/// sees then. `cargo xtask check ledger` proves that no released library contains it.
#[cfg(any(test, debug_assertions))]
pub const PANIC_CLIENT_ID: &str = "GID_test@@@panic";

pub(crate) struct Inner {
    core: Client,
    /// The runtime that uses `core`: the first one that needs it, so that a program that makes only
    /// blocking calls, or only others, has one set of connections.
    first: OnceLock<RuntimeKind>,
    /// The client of the other runtime.
    second: OnceLock<Client>,
    /// The core has the same key behind a lock, which in a forked child may stay locked.
    access_key: ArcSwap<AccessKey>,
    /// Locked while both are replaced, so that they stay the same.
    replacing: Mutex<()>,
    closed: watch::Sender<bool>,
    /// Dropped last.
    _cleanup: Cleanup,
}

/// The runtime to which connections belong.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum RuntimeKind {
    /// That of the bridge's thread.
    BridgeThread,
    /// That of the threads that block.
    BlockedThreads,
}

/// Lets the connections close that were dropped before this.
struct Cleanup;

impl Drop for Cleanup {
    fn drop(&mut self) {
        blocked_threads::close_connections();
    }
}

impl Inner {
    pub(crate) fn new(core: Client, access_key: Arc<AccessKey>) -> Self {
        Self {
            core,
            first: OnceLock::new(),
            second: OnceLock::new(),
            access_key: ArcSwap::new(access_key),
            replacing: Mutex::default(),
            closed: watch::Sender::new(false),
            _cleanup: Cleanup,
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

    /// Returns the client whose connections belong to a runtime.
    fn client_of(&self, runtime: RuntimeKind) -> Result<&Client, Error> {
        if *self.first.get_or_init(|| runtime) == runtime {
            return Ok(&self.core);
        }
        if let Some(client) = self.second.get() {
            return Ok(client);
        }
        let client = bridge_support::with_separate_connections(&self.core, runtime::resolver())?;
        Ok(self.second.get_or_init(|| client))
    }

    /// Makes a call in a runtime. It ends early if the client is closed.
    pub(crate) async fn call(&self, runtime: RuntimeKind, request: Request) -> Outcome {
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
        let client = match self.client_of(runtime) {
            Ok(client) => client,
            Err(error) => return error.into(),
        };
        let mut call = pin!(request.send(client));
        poll_fn(|context| match closed.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(ErrorInfo::closed_during_the_call().into()),
            Poll::Pending => call.as_mut().poll(context),
        })
        .await
    }
}
