//! A client.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use devcred_bridge::{self as bridge, ErrorInfo, Secret};

use crate::call::{self, NativeCall, NativeListener};
use crate::log::NativeLog;
use crate::options::{NativeAccessKey, NativeOptions, NativeRequest};
use crate::outcome::NativeError;

/// A client that every thread may use at once. Dropping it leaves the calls that run as they are.
#[derive(uniffi::Object)]
pub struct NativeClient(bridge::Client);

/// What opening a client came to.
#[derive(uniffi::Enum)]
pub enum NativeOpened {
    /// A client.
    Client {
        /// The client.
        client: Arc<NativeClient>,
    },
    /// None, since an option or a variable of the environment cannot be used.
    Refused {
        /// Which, and why.
        error: NativeError,
    },
}

/// Opens a client. Nothing is sent, and no thread is started. Without a log its events go nowhere.
#[uniffi::export]
pub fn open(options: NativeOptions, log: Option<Box<dyn NativeLog>>) -> NativeOpened {
    match firewall(|| bridge::Client::open(options.with_log(log)?)) {
        Ok(client) => NativeOpened::Client { client: Arc::new(NativeClient(client)) },
        Err(error) => NativeOpened::Refused { error: (*error).into() },
    }
}

#[uniffi::export]
impl NativeClient {
    /// Starts a call, and returns at once. The listener is told its outcome, perhaps before this returns.
    pub fn start(&self, request: NativeRequest, listener: Box<dyn NativeListener>) -> Arc<NativeCall> {
        call::start(&self.0, request, listener)
    }

    /// Replaces the AccessKey: id, secret and token together. An error says why not; the old one then stays in use.
    pub fn set_access_key(&self, key: NativeAccessKey) -> Option<NativeError> {
        let token = key.security_token.map(Secret::new);
        let replaced = firewall(|| self.0.set_access_key(key.id, &Secret::new(key.secret), token.as_ref()));
        replaced.err().map(|error| (*error).into())
    }

    /// Closes the client: calls that run end soon, calls made afterwards at once, both with an error.
    pub fn shut(&self) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.0.close()));
    }
}

/// Why a call may not be waited for on this thread: it is one of the bridge's, and the call could need it.
#[uniffi::export]
pub fn refuse_blocking() -> Option<NativeError> {
    bridge::is_bridge_thread().then(|| {
        let why = "a blocking call inside a callback could wait for itself: make it on a thread of your own";
        (*ErrorInfo::invalid_parameter(why)).into()
    })
}

fn firewall<T>(body: impl FnOnce() -> Result<T, Box<ErrorInfo>>) -> Result<T, Box<ErrorInfo>> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(ErrorInfo::panicked()))
}
