//! Random numbers, HMAC and hex.

use hmac::digest::Output;
use hmac::{KeyInit, Mac};

/// Returns 128 random bits of the system as 32 hex digits: no state that two processes could share
/// after a fork.
pub(crate) fn nonce() -> Result<String, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(hex(&bits))
}

/// Returns a random number in 0..1 of the system, or 1 if it has none.
pub(crate) fn random_fraction() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |four_bits: u8| four_bits + if four_bits < 10 { b'0' } else { b'a' - 10 };
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
    let mut text = Vec::with_capacity(2 * bytes.len());
    text.extend(digits);
    String::from_utf8(text).unwrap_or_default()
}

/// Computes an HMAC: `hmac::<Hmac<Sha256>>(key, data)`.
pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Output<M> {
    // HMAC takes a key of any length, so this never fails.
    let mac = <M as KeyInit>::new_from_slice(key);
    mac.map(|mac| mac.chain_update(data).finalize().into_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_32_hex_digits_and_never_the_same() {
        let nonces: std::collections::HashSet<_> = (0..10_000).map(|_| nonce().unwrap()).collect();
        assert_eq!(nonces.len(), 10_000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit())));
    }
}
