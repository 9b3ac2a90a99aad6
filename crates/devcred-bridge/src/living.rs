//! The part of a client that lives in one process.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use arc_swap::ArcSwap;
use devcred::{AccessKey, Client, Error, bridge_support};
use tokio::sync::watch;

use crate::options::Request;
use crate::outcome::Outcome;
use crate::runtime;

/// The client id of the call that panics in a debug build, so that a binding can test what its
/// caller sees then. `cargo xtask check ledger` finds that nothing which is shipped contains it.
#[cfg(any(test, debug_assertions))]
pub const PANICS: &str = "GID_test@@@panic";

pub(crate) struct Living {
    core: Client,
    /// The core has the same key behind a lock, which in a forked child may stay locked.
    access_key: ArcSwap<AccessKey>,
    /// Held while both are replaced, so that they stay the same.
    replacing: Mutex<()>,
    closed: watch::Sender<bool>,
}

impl Living {
    pub(crate) fn new(core: Client, access_key: Arc<AccessKey>) -> Self {
        Self {
            core,
            access_key: ArcSwap::new(access_key),
            replacing: Mutex::default(),
            closed: watch::Sender::new(false),
        }
    }

    /// The same for a forked child. It reads what never changes, and one pointer.
    pub(crate) fn anew(&self) -> Result<Self, Error> {
        let access_key = self.access_key.load_full();
        Ok(Self::new(
            bridge_support::rebuild(&self.core, AccessKey::clone(&access_key), runtime::resolver())?,
            access_key,
        ))
    }

    pub(crate) fn set_access_key(&self, access_key: AccessKey) -> Result<(), Error> {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        self.core.set_access_key(access_key.clone())?;
        self.access_key.store(Arc::new(access_key));
        Ok(())
    }

    /// Ends the calls that run.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// A call that ends early where the client is closed.
    pub(crate) async fn call(&self, request: Request) -> Outcome {
        let mut closed = self.closed.subscribe();
        let mut closed = pin!(async move {
            if closed.wait_for(|closed| *closed).await.is_err() {
                // Nobody is left who could close it.
                pending::<()>().await;
            }
        });
        let mut call = pin!(self.get_device_credential(request));
        poll_fn(|context| match closed.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(closed_under_way().into()),
            Poll::Pending => call.as_mut().poll(context),
        })
        .await
    }

    async fn get_device_credential(&self, request: Request) -> Outcome {
        let Request { client_id, instance_id, timeout } = request;
        #[cfg(any(test, debug_assertions))]
        #[allow(clippy::panic, reason = "what a binding's caller sees then is tested by it")]
        if client_id == PANICS {
            panic!("asked for by a test");
        }
        let mut call = self.core.get_device_credential(client_id);
        if let Some(instance_id) = instance_id {
            call = call.instance_id(instance_id);
        }
        if let Some(timeout) = timeout {
            call = call.timeout(timeout);
        }
        call.await.into()
    }
}

fn closed_under_way() -> Error {
    bridge_support::invalid_parameter(
        "the client was closed during the call; a request that was already sent may have been billed",
    )
}
