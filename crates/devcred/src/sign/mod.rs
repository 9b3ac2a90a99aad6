//! The two signatures. Each has two layers: the functions that the service's documents define, checked by every vector,
//! and above them `sign`, which decides what our request holds.

pub(crate) mod acs3;
pub(crate) mod encode;
pub(crate) mod rpc;

use std::fmt::{self, Write};
use std::str::FromStr;
use std::time::SystemTime;

use hmac::digest::Output;
use hmac::{KeyInit, Mac};
use reqwest::header::{HeaderValue, InvalidHeaderValue};
use zeroize::Zeroizing;

use crate::access_key::AccessKey;
use crate::error::Error;
use crate::operation::Operation;

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signature {
    /// ACS3-HMAC-SHA256, which the service's documents call V3. Nothing secret stands in the URL.
    #[default]
    Acs3HmacSha256,
    /// HMAC-SHA1, which the documents call V2 or the RPC signature and have discontinued. It puts the security token into
    /// the URL, where proxies and servers may log it: with a security token, take the default.
    HmacSha1,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Signature::Acs3HmacSha256 => "acs3-hmac-sha256",
            Signature::HmacSha1 => "hmac-sha1",
        })
    }
}

impl FromStr for Signature {
    type Err = Error;

    /// # Errors
    /// `InvalidParameter` for anything but `acs3-hmac-sha256` and `hmac-sha1`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "acs3-hmac-sha256" => Ok(Signature::Acs3HmacSha256),
            "hmac-sha1" => Ok(Signature::HmacSha1),
            _ => Err(Error::invalid_parameter("signature must be acs3-hmac-sha256 or hmac-sha1")),
        }
    }
}

/// A request ready to be sent: `POST /`, empty body.
pub(crate) struct SignedRequest {
    /// The query, encoded exactly as it was signed. With HMAC-SHA1 it holds the security token.
    pub query: Zeroizing<String>,
    pub headers: Vec<(&'static str, HeaderValue)>,
    /// What the signature covers, for comparison with the service's side: the canonical request, or with HMAC-SHA1 the
    /// string to sign.
    pub covered: Zeroizing<String>,
}

/// What must be fresh for every attempt.
#[derive(Clone, Copy)]
pub(crate) struct Stamp<'a> {
    pub time: SystemTime,
    pub nonce: &'a str,
}

impl Signature {
    /// Signs the operation's request to this host.
    ///
    /// # Errors
    /// A value that fits into no header: none that was checked when the client was built or its key replaced.
    pub(crate) fn sign(
        self,
        operation: &impl Operation,
        host: &str,
        key: &AccessKey,
        stamp: Stamp,
    ) -> Result<SignedRequest, InvalidHeaderValue> {
        match self {
            Signature::Acs3HmacSha256 => acs3::sign(operation, host, key, stamp),
            Signature::HmacSha1 => rpc::sign(operation, host, key, stamp),
        }
    }
}

/// 128 random bits of the system as 32 hex digits: no state that two processes could share after a fork.
pub(crate) fn nonce() -> Result<String, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(hex(&bits))
}

/// `YYYY-MM-DDThh:mm:ssZ`, the form of both signatures. A clock outside the years 1970 to 9999 gives 1970's first second:
/// the service refuses it, and the pipeline corrects the clock by the answer.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let mut text = String::with_capacity(20);
    // The library panics before 1970 and returns an error after 9999.
    if time >= SystemTime::UNIX_EPOCH && write!(text, "{}", humantime::format_rfc3339_seconds(time)).is_ok() {
        return text;
    }
    "1970-01-01T00:00:00Z".to_owned()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |four_bits: u8| char::from(four_bits + if four_bits < 10 { b'0' } else { b'a' - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]));
    text
}

/// One HMAC: `mac::<Hmac<Sha256>>(key, data)`.
pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Output<M> {
    match <M as KeyInit>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(data).finalize().into_bytes(),
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}

#[cfg(test)]
pub(crate) mod vectors {
    //! Reads `tests/vectors`.

    use std::collections::BTreeMap;
    use std::path::Path;

    use serde_json::Value;

    /// Every vector of a folder, with its name.
    pub(crate) fn all(folder: &str) -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(folder);
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let vectors: BTreeMap<_, _> = files
            .map(|file| {
                let vector = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
                (file.file_stem().unwrap().to_str().unwrap().to_owned(), vector)
            })
            .collect();
        vectors.into_iter().collect()
    }

    /// A text, or lines of one.
    pub(crate) fn text(vector: &Value, field: &str) -> String {
        match &vector[field] {
            Value::String(text) => text.clone(),
            Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n"),
            other => panic!("{field} is {other}"),
        }
    }

    /// The members of an object of texts, in the order in which they stand.
    pub(crate) fn pairs<'a>(vector: &'a Value, field: &str) -> Vec<(&'a str, &'a str)> {
        vector[field]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_nonce_is_32_hex_digits_and_never_the_same() {
        let nonces: std::collections::HashSet<_> = (0..10_000).map(|_| nonce().unwrap()).collect();
        assert_eq!(nonces.len(), 10_000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit())));
    }

    #[test]
    fn a_time_is_written_in_whole_seconds_of_utc() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 999);
        assert_eq!(timestamp(at(1_704_164_645)), "2024-01-02T03:04:05Z");
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(at(300_000_000_000)), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_signature_is_named_as_the_service_names_it() {
        for signature in [Signature::Acs3HmacSha256, Signature::HmacSha1] {
            assert_eq!(signature.to_string().parse::<Signature>().unwrap(), signature);
        }
        assert!("v2".parse::<Signature>().is_err());
    }
}
