//! The two signature methods. Each has two layers: the functions that the service's documents
//! define, checked by every vector, and above them `sign`, which decides what a request contains.

pub(crate) mod acs3;
pub(crate) mod encode;
pub(crate) mod rpc;

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use reqwest::header::{HeaderMap, InvalidHeaderValue};
use zeroize::Zeroizing;

use crate::access_key::AccessKey;
use crate::error::Error;

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// ACS3-HMAC-SHA256, which the service's documents call V3. The URL contains no secret.
    #[default]
    Acs3HmacSha256,
    /// HMAC-SHA1, which the documents call V2 or the RPC signature, and have discontinued. It puts
    /// the security token into the URL, which proxies and servers may log: with a security token,
    /// use the default.
    HmacSha1,
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            SignatureMethod::Acs3HmacSha256 => "acs3-hmac-sha256",
            SignatureMethod::HmacSha1 => "hmac-sha1",
        })
    }
}

impl FromStr for SignatureMethod {
    type Err = Error;

    /// # Errors
    /// `InvalidParameter` for anything but `acs3-hmac-sha256` and `hmac-sha1`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "acs3-hmac-sha256" => Ok(SignatureMethod::Acs3HmacSha256),
            "hmac-sha1" => Ok(SignatureMethod::HmacSha1),
            _ => Err(Error::invalid_parameter("signature must be acs3-hmac-sha256 or hmac-sha1")),
        }
    }
}

/// Room for all headers of a request, so that the map of them need not grow.
const HEADER_COUNT: usize = 12;

/// A request ready to be sent: `POST /`, empty body.
pub(crate) struct SignedRequest {
    /// The query, encoded exactly as it was signed. With HMAC-SHA1 it contains the security token.
    pub query: Zeroizing<String>,
    pub headers: HeaderMap,
    pub time: SystemTime,
    /// The canonical request, or with HMAC-SHA1 the string to sign, for comparison with the
    /// service's.
    pub signed_text: Zeroizing<String>,
}

impl Drop for SignedRequest {
    fn drop(&mut self) {
        // `Zeroizing` wipes what is in use byte by byte, and the room behind it at once.
        self.query.clear();
        self.signed_text.clear();
    }
}

/// What is new in every attempt.
#[derive(Clone, Copy)]
pub(crate) struct SigningContext<'a> {
    pub time: SystemTime,
    pub nonce: &'a str,
}

impl SignatureMethod {
    /// Signs a request for the operation `action` with these parameters.
    ///
    /// # Errors
    /// If a value is not a valid header value, which the checks of the client's options rule out.
    pub(crate) fn sign(
        self,
        action: &str,
        parameters: &[(&str, &str)],
        host: &str,
        key: &AccessKey,
        context: SigningContext,
    ) -> Result<SignedRequest, InvalidHeaderValue> {
        match self {
            SignatureMethod::Acs3HmacSha256 => acs3::sign(action, parameters, host, key, context),
            SignatureMethod::HmacSha1 => rpc::sign(action, parameters, host, key, context),
        }
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

    /// The members of an object of texts, in the order of the text.
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
    use super::*;

    #[test]
    fn a_signature_is_named_as_the_service_names_it() {
        for signature in [SignatureMethod::Acs3HmacSha256, SignatureMethod::HmacSha1] {
            assert_eq!(signature.to_string().parse::<SignatureMethod>().unwrap(), signature);
        }
        assert!("v2".parse::<SignatureMethod>().is_err());
    }
}
