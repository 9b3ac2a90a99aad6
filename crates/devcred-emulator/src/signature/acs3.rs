//! ACS3-HMAC-SHA256, which the service's documents call signature V3.

use hmac::Hmac;
use sha2::{Digest, Sha256};

use super::encoding::{encode, hex};
use super::hmac;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A parsed `Authorization` header.
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// In lower case and sorted. The documents require a sorted list, so a client that signs
    /// another order calculates another signature.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Parses `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<a;b;c>,Signature=<hex>`, without
    /// spaces after the commas.
    ///
    /// The members may come in any order. This is inferred: one of the vendor's Java SDKs puts
    /// `SignedHeaders` last.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (algorithm, members) = header.split_once(' ')?;
        if algorithm != ALGORITHM {
            return None;
        }
        let members: Vec<_> = members.split(',').map(|member| member.split_once('=')).collect::<Option<_>>()?;
        let member = |name: &str| {
            let value = members.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            value.filter(|value| !value.is_empty())
        };
        let access_key_id = member("Credential")?.to_owned();
        let mut signed_headers: Vec<String> =
            member("SignedHeaders")?.split(';').map(str::to_ascii_lowercase).collect();
        signed_headers.sort();
        let signature = member("Signature")?.to_owned();
        // All three are present, so a fourth would be unknown or a repetition.
        (members.len() == 3).then_some(Self { access_key_id, signed_headers, signature })
    }
}

/// Builds the canonical request of six parts. `signed_headers` must be in lower case and sorted.
pub(crate) fn canonical_request(
    method: &str,
    path: &str,
    query: &[(String, String)],
    headers: &[(String, String)],
    signed_headers: &[String],
    payload_hash: &str,
) -> String {
    let path = if path.is_empty() { "/" } else { path };
    let query = canonical_query(query);
    let canonical_headers: String = signed_headers.iter().map(|name| canonical_header(name, headers)).collect();
    let signed_headers = signed_headers.join(";");
    format!("{method}\n{path}\n{query}\n{canonical_headers}\n{signed_headers}\n{payload_hash}")
}

pub(crate) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", payload_hash(canonical_request.as_bytes()))
}

/// The secret itself is the key: no `&` is appended, and no key is derived from it.
pub(crate) fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    hex(&hmac::<Hmac<Sha256>>(access_key_secret.as_bytes(), string_to_sign.as_bytes()))
}

pub(crate) fn payload_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Names are not encoded, as in the vendor's SDKs: no parameter has a name that encoding would
/// change. An empty value keeps its `=`.
fn canonical_query(query: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = query.iter().collect();
    sorted.sort();
    let pairs: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// A repeated header becomes one line with its values sorted.
fn canonical_header(name: &str, headers: &[(String, String)]) -> String {
    let matching = headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let mut values: Vec<&str> = matching.map(|(_, value)| value.trim()).collect();
    values.sort_unstable();
    format!("{name}:{}\n", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::Authorization;

    #[test]
    fn an_authorization_is_parsed() {
        for header in [
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=x-acs-date;Host,Signature=00ff",
            "ACS3-HMAC-SHA256 Credential=id,Signature=00ff,SignedHeaders=x-acs-date;Host",
        ] {
            let authorization = Authorization::parse(header).unwrap();
            assert_eq!(authorization.access_key_id, "id");
            assert_eq!(authorization.signed_headers, ["host", "x-acs-date"]);
            assert_eq!(authorization.signature, "00ff");
        }
    }

    #[test]
    fn anything_else_is_not_an_authorization() {
        for header in [
            "",
            "ACS3-HMAC-SHA256",
            "ACS3-HMAC-SHA1 Credential=id,SignedHeaders=host,Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=,Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=",
            "ACS3-HMAC-SHA256 Credential=id, SignedHeaders=host, Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=00,More=1",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=00,Signature=00",
            "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=00,",
        ] {
            assert!(Authorization::parse(header).is_none(), "{header}");
        }
    }
}
