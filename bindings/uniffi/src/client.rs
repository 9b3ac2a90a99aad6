//! A client.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use devcred_bridge::{
    self as bridge, ErrorInfo as NativeError, Options as NativeOptions, Request as NativeRequest, Secret, contain_panic,
};

use crate::call::{NativeCall, NativeListener};
use crate::log::{NativeLog, log};

/// A client that any number of threads may use at once. Dropping it does not cancel running calls.
#[derive(uniffi::Object)]
pub struct NativeClient(bridge::Client);

/// The result of opening a client.
#[derive(uniffi::Enum)]
#[allow(clippy::large_enum_variant, reason = "uniffi has no boxes, and it lives only until it crosses")]
pub enum NativeOpened {
    /// The options are valid.
    Client {
        /// The client.
        client: Arc<NativeClient>,
    },
    /// An option or environment variable is missing or invalid.
    Refused {
        /// The error, which names it.
        error: NativeError,
    },
}

/// Opens a client. Nothing is sent, and no thread is started. `log` receives events of the level
/// with the name `log_level` and more severe ones; without it, events are dropped.
#[uniffi::export]
pub fn open(options: NativeOptions, log_level: String, log: Option<Box<dyn NativeLog>>) -> NativeOpened {
    let open = || {
        let log = log.map(|listener| self::log(&log_level, listener)).transpose()?;
        bridge::Client::open("swift", options, log)
    };
    match contain_panic(open) {
        Ok(client) => NativeOpened::Client { client: Arc::new(NativeClient(client)) },
        Err(error) => NativeOpened::Refused { error: *error },
    }
}

#[uniffi::export]
impl NativeClient {
    /// Starts a call and returns immediately. The listener receives its outcome, possibly before
    /// this function returns.
    pub fn start(&self, call: &NativeCall, request: NativeRequest, listener: Box<dyn NativeListener>) {
        call.start(&self.0, request, listener);
    }

    /// Replaces the AccessKey: id, secret and security token together. If it returns an error, the
    /// client keeps the old key.
    pub fn set_access_key(&self, id: String, secret: Secret, security_token: Option<Secret>) -> Option<NativeError> {
        let replaced = contain_panic(|| self.0.set_access_key(id, &secret, security_token.as_ref()));
        replaced.err().map(|error| *error)
    }

    /// Closes the client: running calls end soon and later calls immediately, both with an error.
    pub fn close(&self) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.0.close()));
    }
}
