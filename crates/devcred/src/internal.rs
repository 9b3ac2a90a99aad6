//! What the benchmarks need beyond the public API. No promise is made for it.

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
