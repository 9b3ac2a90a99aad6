//! What the benchmarks and the bindings' bridge need beyond the public API. No promise is made for it.

use std::sync::Arc;
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

/// Names the language that the caller's program is written in: the last word of the user agent.
pub fn with_language(builder: ClientBuilder, language: &'static str) -> ClientBuilder {
    builder.language(language)
}

/// The key that the client signs with now.
pub fn access_key(client: &Client) -> Arc<AccessKey> {
    client.access_key()
}

/// A client of the same configuration for a forked process, where another thread may have held any lock of the old one: it
/// reads what cannot change, and takes the key from the caller. The old client must not be dropped there.
///
/// # Errors
/// `Internal` where the HTTP client cannot be set up.
pub fn anew(client: &Client, access_key: AccessKey) -> Result<Client, Error> {
    Client::new(client.parts().anew()?, access_key)
}

/// A refusal of the bridge's own, in the form of every other.
pub fn invalid_parameter(message: &str) -> Error {
    Error::invalid_parameter(message)
}

/// A fault of the bridge's own, in the form of every other.
pub fn fault(message: &str, advice: Option<&str>) -> Error {
    Error::internal(message, advice.map(str::to_owned))
}
