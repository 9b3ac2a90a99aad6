//! Unpredictable values, derived from one seed of the system, so that no request can fail for lack
//! of randomness.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::signature::encoding::hex;

pub(crate) struct Random {
    seed: [u8; 32],
    drawn: AtomicU64,
}

impl Random {
    pub(crate) fn from_system() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self { seed, drawn: AtomicU64::new(0) })
    }

    /// Returns `digits` hexadecimal digits, at most 64.
    pub(crate) fn hex(&self, digits: usize) -> String {
        hex(&self.draw()).chars().take(digits).collect()
    }

    /// Returns a request id in the service's form: a UUID in upper case.
    pub(crate) fn uuid(&self) -> String {
        let mut uuid = String::with_capacity(36);
        for (position, byte) in self.draw().iter().take(16).enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                uuid.push('-');
            }
            uuid.push_str(&format!("{byte:02X}"));
        }
        uuid
    }

    fn draw(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        Sha256::new().chain_update(self.seed).chain_update(number.to_be_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn draws_differ_and_have_the_form_asked_for() {
        let random = Random::from_system().unwrap();
        let (first, second) = (random.uuid(), random.uuid());
        assert_ne!(first, second);
        let groups: Vec<usize> = first.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert!(first.chars().all(|c| c == '-' || c.is_ascii_digit() || ('A'..='F').contains(&c)), "{first}");
        assert_eq!(random.hex(24).len(), 24);
    }
}
