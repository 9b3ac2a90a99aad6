//! How many requests one thread signs, each with a new nonce and date, compared with what the hashes
//! alone cost.

use std::hint::black_box;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use devcred::testing::{self, FixedCall};
use devcred::{AccessKey, SignatureMethod};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::contender::{ACCESS_KEY, CLIENT_ID, HOST, INSTANCE_ID, NONCE, access_key};
use crate::measure::{Sample, Stopwatch, median};

/// The length of `ACS3-HMAC-SHA256`, a line feed and a hash in hex, which HMAC signs.
const STRING_TO_SIGN: usize = 81;

pub(crate) struct Signing {
    key: AccessKey,
    canonical_request: Vec<u8>,
    rounds: Vec<Round>,
}

/// The samples of one round.
struct Round {
    acs3: Sample,
    acs3_alone: Sample,
    hmac_sha1: Sample,
    hashes: Sample,
}

/// The medians of the rounds.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Signatures for each second of CPU time.
    pub(crate) rate: f64,
    /// In percent of the hashes alone. `None` if they are not what is hashed.
    pub(crate) share: Option<f64>,
}

impl Signing {
    pub(crate) fn new() -> Result<Self> {
        let (key, method) = (access_key()?, SignatureMethod::Acs3HmacSha256);
        let signed = testing::signed(
            "GetDeviceCredential",
            method,
            CLIENT_ID,
            INSTANCE_ID,
            HOST,
            &key,
            SystemTime::now(),
            NONCE,
        );
        let canonical_request = signed.context("the request cannot be signed")?.signed_text.into_bytes();
        Ok(Self { key, canonical_request, rounds: Vec::new() })
    }

    /// Measures a round of so many signatures.
    pub(crate) fn run(&mut self, count: u32) -> Result<()> {
        self.rounds.push(Round {
            acs3: self.measure(count, |signing| signing.sign(SignatureMethod::Acs3HmacSha256))?,
            acs3_alone: self.measure(count, Self::sign_with_fixed_nonce)?,
            hmac_sha1: self.measure(count, |signing| signing.sign(SignatureMethod::HmacSha1))?,
            hashes: self.measure(count, Self::hash)?,
        });
        Ok(())
    }

    fn measure(&self, count: u32, work: impl Fn(&Self) -> usize) -> Result<Sample> {
        let stopwatch = Stopwatch::for_thread();
        for _ in 0..count {
            ensure!(work(self) > 0, "the signature is empty");
        }
        Ok(stopwatch.stop(count))
    }

    pub(crate) fn sign(&self, method: SignatureMethod) -> usize {
        testing::sign(method, black_box(CLIENT_ID), black_box(INSTANCE_ID), black_box(HOST), &self.key)
    }

    fn sign_with_fixed_nonce(&self) -> usize {
        let call = FixedCall {
            signature_method: SignatureMethod::Acs3HmacSha256,
            client_id: black_box(CLIENT_ID),
            instance_id: black_box(INSTANCE_ID),
            key: &self.key,
        };
        call.signed_text().map_or(0, |text| text.len())
    }

    /// SHA-256 over as many bytes as the canonical request has, and HMAC over as many as the string
    /// to sign has.
    fn hash(&self) -> usize {
        let [_, secret] = ACCESS_KEY;
        let hash = Sha256::digest(black_box(&self.canonical_request));
        let mut string_to_sign = [0; STRING_TO_SIGN];
        string_to_sign.iter_mut().zip(hash).for_each(|(to, byte)| *to = byte);
        let mac = Hmac::<Sha256>::new_from_slice(black_box(secret.as_bytes()));
        mac.map_or(0, |mac| black_box(mac.chain_update(string_to_sign).finalize().into_bytes()).len())
    }

    /// Returns the rows of the table; none without rounds.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |name, sample: fn(&Round) -> &Sample, is_compared| {
            let rate = median(self.rounds.iter().map(|round| 1e6 / sample(round).cpu_micros()))?;
            Some(Row { name, rate, share: self.share_of(sample).filter(|_| is_compared) })
        };
        let rows = [
            row("ACS3-HMAC-SHA256, a signed request", |round| &round.acs3, true),
            row("ACS3-HMAC-SHA256, without making nonce and date", |round| &round.acs3_alone, true),
            row("SHA-256 and HMAC alone", |round| &round.hashes, true),
            row("HMAC-SHA1, a signed request", |round| &round.hmac_sha1, false),
        ];
        rows.into_iter().flatten().collect()
    }

    /// Returns the rate of signed requests by ACS3 in percent of the hashes alone.
    pub(crate) fn share(&self) -> Option<f64> {
        self.share_of(|round| &round.acs3)
    }

    /// Returns the median of the ratios within a round.
    fn share_of(&self, sample: fn(&Round) -> &Sample) -> Option<f64> {
        median(self.rounds.iter().map(|round| 100.0 * round.hashes.cpu_micros() / sample(round).cpu_micros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_compared_with_the_hashes_alone() {
        let mut signing = Signing::new().expect("it can sign");
        assert!(signing.share().is_none() && signing.rows().is_empty());
        signing.run(10).expect("it signs");
        assert!(signing.share().is_some_and(|share| share > 0.0 && share.is_finite()));
        let shares = signing.rows().iter().map(|row| row.share.is_some()).collect::<Vec<_>>();
        assert_eq!(shares, [true, true, true, false]);
        assert!(signing.rows().iter().all(|row| row.rate > 0.0));
        assert_eq!(signing.hash(), 32);
        assert_eq!(STRING_TO_SIGN, "ACS3-HMAC-SHA256\n".len() + 64);
    }
}
