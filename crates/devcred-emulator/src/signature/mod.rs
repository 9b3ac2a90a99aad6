//! Both signature methods as the service calculates them. The emulator shares no code with the
//! client, so that one mistake cannot hide in both.

pub(crate) mod acs3;
pub(crate) mod encoding;
pub(crate) mod rpc;
#[cfg(test)]
mod vectors;

use hmac::{KeyInit, Mac};
use serde::Serialize;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// ACS3-HMAC-SHA256, which the service's documents call V3.
    #[serde(rename = "acs3-hmac-sha256")]
    Acs3HmacSha256,
    /// HMAC-SHA1 of RPC APIs, which the service's documents call V2.
    #[serde(rename = "hmac-sha1")]
    HmacSha1,
}

/// HMAC takes a key of any length, so `new_from_slice` cannot fail.
fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let calculated = M::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec());
    calculated.unwrap_or_default()
}
