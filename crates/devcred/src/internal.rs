//! What benchmarks and tests need beyond the public API. No promise is made for it.

use std::time::SystemTime;

use crate::access_key::AccessKey;
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

/// A request as it is sent, and what its signature covers: the canonical request, or with HMAC-SHA1 the string to sign.
pub struct Signed {
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub covered: String,
}

/// Signs one request with this time and nonce. `None` where a value fits into no header.
pub fn signed(
    signature: Signature,
    client_id: &str,
    instance_id: &str,
    host: &str,
    key: &AccessKey,
    time: SystemTime,
    nonce: &str,
) -> Option<Signed> {
    let operation = GetDeviceCredential::new(client_id, instance_id);
    let request = signature.sign(&operation, host, key, Stamp { time, nonce }).ok()?;
    let text = |(name, value): &(&str, reqwest::header::HeaderValue)| {
        Some(((*name).to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = request.headers.iter().map(text).collect::<Option<_>>()?;
    Some(Signed { query: request.query.to_string(), headers, covered: request.covered.to_string() })
}
