//! Random numbers, HMAC and hex.

use std::ops::Deref;

use hmac::digest::{InvalidLength, Output};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Returns 128 random bits of the system as 32 hex digits: no state that two processes could share
/// after a fork.
pub(crate) fn nonce() -> Result<Hex<32>, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(hex(&bits))
}

/// Returns a random number in 0..1 of the system, or 1 if it has none.
pub(crate) fn random_fraction() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

/// Hex digits, without allocating memory for them.
pub(crate) struct Hex<const DIGITS: usize>([u8; DIGITS]);

/// Returns the lower-case hex digits of so many bytes.
pub(crate) fn hex<const DIGITS: usize>(bytes: &[u8]) -> Hex<DIGITS> {
    let digit = |four_bits: u8| four_bits + if four_bits < 10 { b'0' } else { b'a' - 10 };
    let mut digits = [b'0'; DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    Hex(digits)
}

impl<const DIGITS: usize> Deref for Hex<DIGITS> {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Computes an HMAC: `hmac::<Hmac<Sha256>>(key, data)`.
pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Output<M> {
    // HMAC takes a key of any length, so this never fails.
    let mac = <M as KeyInit>::new_from_slice(key);
    mac.map(|mac| mac.chain_update(data).finalize().into_bytes()).unwrap_or_default()
}

/// A key of HMAC-SHA256, hashed once for all that it signs. It is wiped when it is dropped, and boxed
/// because a move would leave a copy behind.
#[derive(Clone, Debug)]
pub(crate) struct SigningKey(Box<Hmac<Sha256>>);

impl SigningKey {
    /// # Errors
    /// Never, because HMAC takes a secret of any length.
    pub(crate) fn new(secret: &[u8]) -> Result<Self, InvalidLength> {
        Ok(Self(Box::new(Hmac::new_from_slice(secret)?)))
    }

    pub(crate) fn sign(&self, data: &[u8]) -> Output<Hmac<Sha256>> {
        Hmac::clone(&self.0).chain_update(data).finalize().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// Only has to compile: HMAC consists of two states of its hash, which one feature of sha2 wipes.
    #[test]
    fn a_signing_key_is_wiped() {
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<Sha256>();
    }

    #[test]
    fn a_nonce_is_32_hex_digits_and_never_the_same() {
        let nonces: std::collections::HashSet<_> = (0..10_000).map(|_| nonce().unwrap().to_owned()).collect();
        assert_eq!(nonces.len(), 10_000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit())));
    }
}
