//! Both signatures as the service calculates them. This is the emulator's own implementation, written apart from the
//! client's, so that one mistake cannot hide in both.

pub(crate) mod acs3;
pub(crate) mod encoding;
pub(crate) mod rpc;
#[cfg(test)]
mod vectors;

use hmac::{KeyInit, Mac};

/// HMAC takes a key of any length, so `new_from_slice` does not fail.
fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let calculated = M::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec());
    calculated.unwrap_or_default()
}
