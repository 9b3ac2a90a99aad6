//! What the benchmarks and the bindings need beyond the public API. No promise is made for it.

use std::time::SystemTime;

use crate::access_key::AccessKey;
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::error::Error;
use crate::operation::GetDeviceCredential;
use crate::sign::{Signature, Stamp, nonce};

/// Signs one request with a fresh nonce and date, and returns its length in bytes.
pub fn sign(signature: Signature, client_id: &str, instance_id: &str, host: &str, key: &AccessKey) -> usize {
    let nonce = nonce().unwrap_or_default();
    let stamp = Stamp { time: SystemTime::now(), nonce: &nonce };
    let request = signature.sign(&GetDeviceCredential::new(client_id, instance_id), host, key, stamp);
    request.map_or(0, |request| {
        request.query.len() + request.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    })
}

/// The word that the user agent has for a binding's language.
pub fn language(builder: ClientBuilder, language: &'static str) -> ClientBuilder {
    builder.language(language)
}

/// The key that a client signs with now.
pub fn access_key(client: &Client) -> AccessKey {
    client.access_key()
}

/// A client of the same configuration that shares nothing with this one: for a process that was forked off, where the
/// connections, the runtime and every lock of the old one are another process's. Of the old client only what never changes is
/// read, so no lock is waited for.
pub fn afresh(client: &Client, key: AccessKey) -> Result<Client, Error> {
    Client::new(client.parts().afresh()?, key)
}

/// A binding's own refusal of what the caller gave.
pub fn invalid_parameter(message: &str) -> Error {
    Error::invalid_parameter(message)
}

/// A binding's own fault.
pub fn internal(message: &str, advice: Option<&str>) -> Error {
    Error::internal(message, advice.map(str::to_owned))
}

/// Panics for the device `GID_test@@@panic`, so that tests see that no panic reaches a caller.
#[cfg(feature = "test-panic")]
#[allow(clippy::panic, reason = "it is what the feature is for")]
pub(crate) fn panic_for(client_id: &str) {
    assert!(client_id != "GID_test@@@panic", "a panic that a test has asked for");
}
