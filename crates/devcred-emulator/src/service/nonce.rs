//! The nonces that have been used.

use std::collections::{HashSet, VecDeque};
use std::time::SystemTime;

use crate::service::clock::MAX_SKEW;
use crate::service::error::Refusal;

/// A nonce is kept as long as a request with it could still be in time: twice the accepted skew.
#[derive(Default)]
pub(crate) struct Nonces {
    used: HashSet<(String, String)>,
    by_age: VecDeque<(SystemTime, (String, String))>,
}

impl Nonces {
    /// Uses up `nonce` for this access key, or refuses it if it was used before.
    pub(crate) fn take(&mut self, access_key_id: &str, nonce: &str, now: SystemTime) -> Result<(), Refusal> {
        self.forget_before(now);
        let key = (access_key_id.to_owned(), nonce.to_owned());
        if !self.used.insert(key.clone()) {
            return Err(Refusal::new("SignatureNonceUsed"));
        }
        self.by_age.push_back((now, key));
        Ok(())
    }

    fn forget_before(&mut self, now: SystemTime) {
        while let Some((used_at, key)) = self.by_age.front() {
            if now.duration_since(*used_at).unwrap_or_default() <= MAX_SKEW * 2 {
                return;
            }
            self.used.remove(key);
            self.by_age.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Nonces;

    #[test]
    fn a_nonce_is_accepted_once_for_each_key_until_it_expires() {
        let mut nonces = Nonces::default();
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert!(nonces.take("id", "n", now).is_ok());
        assert_eq!(nonces.take("id", "n", now).unwrap_err().code, "SignatureNonceUsed");
        assert!(nonces.take("other", "n", now).is_ok());
        assert!(nonces.take("id", "n", now + Duration::from_secs(30 * 60)).is_err());
        assert!(nonces.take("id", "n", now + Duration::from_secs(30 * 60 + 1)).is_ok());
    }
}
