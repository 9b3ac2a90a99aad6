//! ACS3-HMAC-SHA256, as "V3 request structure and signature" of the vendor's documents defines it.
//!
//! ```text
//! CanonicalRequest = METHOD \n CanonicalURI \n CanonicalQueryString \n CanonicalHeaders \n SignedHeaders \n HashedPayload
//! StringToSign     = "ACS3-HMAC-SHA256" \n hex(sha256(CanonicalRequest))
//! Signature        = hex(HMAC-SHA256(AccessKeySecret, StringToSign))
//! ```

use std::borrow::Cow;

use hyper::body::Bytes;
use reqwest::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::encode::canonical_query;
use super::{HEADER_COUNT, SignedRequest, SigningContext};
use crate::access_key::AccessKey;
use crate::clock::timestamp;
use crate::crypto::{Hex, SigningKey, hex};
use crate::operation::VERSION;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// hex(sha256("")): our requests have no body.
const EMPTY_PAYLOAD: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The signed headers that every request has.
static FIXED: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("x-acs-content-sha256"), EMPTY_PAYLOAD),
    (HeaderName::from_static("x-acs-version"), VERSION),
];

/// The names of the signed headers whose values differ, the last two only with a security token.
static DIFFERENT: [HeaderName; 6] = [
    HOST,
    HeaderName::from_static("x-acs-action"),
    HeaderName::from_static("x-acs-date"),
    HeaderName::from_static("x-acs-signature-nonce"),
    HeaderName::from_static("x-acs-accesskey-id"),
    SECURITY_TOKEN,
];

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");

/// Returns the canonical request.
///
/// Header names are lower-cased, values trimmed; the values of a name that occurs more than once
/// are sorted and joined with a comma.
fn canonical_request(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    payload_hash: &str,
) -> Zeroizing<String> {
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (lower_case(name), value.trim())).collect();
    headers.sort_unstable();

    let length = 96 + query.len() + headers.iter().map(|(name, value)| 2 * name.len() + value.len() + 3).sum::<usize>();
    let mut request = Zeroizing::new(String::with_capacity(length));
    request.extend([method, "\n", path, "\n", query]);
    let mut previous = "";
    for (name, value) in &headers {
        if name == previous {
            request.extend([",", value]);
        } else {
            request.extend(["\n", name, ":", value]);
        }
        previous = name;
    }
    // The block of headers ends with a line feed, so an empty line follows it.
    request.push('\n');
    headers.dedup_by(|next, name| next.0 == name.0);
    for (index, (name, _)) in headers.iter().enumerate() {
        request.extend([if index == 0 { "\n" } else { ";" }, name]);
    }
    request.extend(["\n", payload_hash]);
    request
}

fn lower_case(name: &str) -> Cow<'_, str> {
    let is_lower_case = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_lower_case { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) }
}

/// Returns the last but one line of a canonical request.
fn signed_headers(canonical_request: &str) -> &str {
    canonical_request.rsplit('\n').nth(1).unwrap_or_default()
}

fn string_to_sign(canonical_request: &str) -> String {
    [ALGORITHM, "\n", &hex::<64>(&Sha256::digest(canonical_request))].concat()
}

fn signature(key: &SigningKey, string_to_sign: &str) -> Hex<64> {
    hex(&key.sign(string_to_sign.as_bytes()))
}

/// Returns the parts of the header `authorization`.
fn authorization<'a>(access_key_id: &'a str, signed_headers: &'a str, signature: &'a str) -> [&'a str; 7] {
    [ALGORITHM, " Credential=", access_key_id, ",SignedHeaders=", signed_headers, ",Signature=", signature]
}

/// Signs a request with the operation's parameters in the query and everything of the protocol in
/// headers, all of them signed.
pub(super) fn sign(
    action: &str,
    parameters: &[(&str, &str)],
    host: &str,
    key: &AccessKey,
    context: SigningContext,
) -> Result<SignedRequest, InvalidHeaderValue> {
    let query = canonical_query(parameters);
    let time = timestamp(context.time);
    let token = key.security_token().map(|token| [key.id(), token.reveal()]);
    let values = [host, action, &time, context.nonce].into_iter().chain(token.into_iter().flatten());
    let mut signed = Vec::with_capacity(FIXED.len() + DIFFERENT.len());
    signed.extend(FIXED.iter().map(|(name, value)| (name.as_str(), *value)));
    signed.extend(DIFFERENT.iter().map(HeaderName::as_str).zip(values));

    let canonical_request = canonical_request("POST", "/", &query, &signed, EMPTY_PAYLOAD);
    let signature = signature(key.signing_key(), &string_to_sign(&canonical_request));
    let authorization = authorization(key.id(), signed_headers(&canonical_request), &signature);

    // The values share one buffer: neither a value nor a copy of it in the HTTP library allocates.
    let different = signed.get(FIXED.len()..).unwrap_or_default();
    let parts = different.iter().map(|(_, value)| *value).chain(authorization);
    let mut values = Vec::with_capacity(parts.clone().map(str::len).sum());
    parts.for_each(|part| values.extend_from_slice(part.as_bytes()));
    let mut values = Bytes::from(values);
    let mut headers = HeaderMap::with_capacity(HEADER_COUNT);
    for (name, (_, value)) in DIFFERENT.iter().zip(different) {
        let mut value = HeaderValue::from_maybe_shared(values.split_to(value.len()))?;
        // Kept out of what the HTTP library logs.
        value.set_sensitive(name == SECURITY_TOKEN);
        headers.insert(name, value);
    }
    headers.extend(FIXED.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))));
    let mut authorization = HeaderValue::from_maybe_shared(values)?;
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    Ok(SignedRequest { headers, query: Zeroizing::new(query), signed_text: canonical_request, time: context.time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::vectors::{all, pairs, text};

    #[test]
    fn every_vector_passes() {
        let vectors = all("acs3-hmac-sha256");
        assert_eq!(vectors.len(), 15);
        for (name, vector) in vectors {
            let canonical = canonical_request(
                &text(&vector, "method"),
                &text(&vector, "pathname"),
                &canonical_query(&pairs(&vector, "query")),
                &pairs(&vector, "headers"),
                &text(&vector, "hashed_payload"),
            );
            assert_eq!(*canonical, text(&vector, "canonical_request"), "{name}");
            let string_to_sign = string_to_sign(&canonical);
            assert_eq!(string_to_sign, text(&vector, "string_to_sign"), "{name}");
            let key = SigningKey::new(text(&vector, "access_key_secret").as_bytes()).unwrap();
            let signature = signature(&key, &string_to_sign);
            assert_eq!(*signature, *text(&vector, "signature"), "{name}");
            let id = text(&vector, "access_key_id");
            let authorization = authorization(&id, signed_headers(&canonical), &signature).concat();
            assert_eq!(authorization, text(&vector, "authorization"), "{name}");
        }
    }

    #[test]
    fn the_requests_of_the_vendors_sdk_are_reproduced() {
        let vectors: Vec<_> = all("wire").into_iter().filter(|(name, _)| name.starts_with("acs3")).collect();
        assert_eq!(vectors.len(), 2);
        for (name, vector) in vectors {
            let canonical = text(&vector, "canonical_request");
            let signed = canonical.lines().skip(3).take_while(|line| !line.is_empty());
            let headers: Vec<_> = signed.map(|line| line.split_once(':').unwrap()).collect();
            let query = canonical_query(&pairs(&vector, "query_decoded"));
            let ours = canonical_request("POST", "/", &query, &headers, EMPTY_PAYLOAD);
            assert_eq!(*ours, canonical, "{name}");
            assert_eq!(string_to_sign(&ours), text(&vector, "string_to_sign"), "{name}");
            let key = SigningKey::new(text(&vector, "access_key_secret").as_bytes()).unwrap();
            let signature = signature(&key, &string_to_sign(&ours));
            assert_eq!(*signature, *text(&vector, "signature"), "{name}");
        }
    }

    #[test]
    fn our_request_signs_all_its_headers_and_hides_no_parameter() {
        let parameters = [("ClientId", "GID_test@@@test"), ("InstanceId", "post-cn-0pp12gl****")];
        let key = AccessKey::new("STS.id", "secret").unwrap().with_security_token("a+/==").unwrap();
        let context = SigningContext { time: std::time::SystemTime::UNIX_EPOCH, nonce: "0123" };
        let request = sign("GetDeviceCredential", &parameters, "127.0.0.1:1", &key, context).unwrap();
        assert_eq!(*request.query, "ClientId=GID_test%40%40%40test&InstanceId=post-cn-0pp12gl%2A%2A%2A%2A");
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(
            headers[..headers.len() - 1],
            [
                "host: 127.0.0.1:1",
                "x-acs-action: GetDeviceCredential",
                "x-acs-date: 1970-01-01T00:00:00Z",
                "x-acs-signature-nonce: 0123",
                "x-acs-accesskey-id: STS.id",
                "x-acs-security-token: a+/==",
                &format!("x-acs-content-sha256: {EMPTY_PAYLOAD}"),
                "x-acs-version: 2020-04-20",
            ]
        );
        let authorization = headers.last().unwrap();
        assert!(authorization.contains(
            "Credential=STS.id,SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;\
             x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature="
        ));
    }

    /// Computed independently, with Python's hashlib and hmac.
    #[test]
    fn each_operation_signs_its_own_name() {
        let parameters = [("ClientId", "GID_test@@@test"), ("InstanceId", "post-cn-0pp12gl****")];
        let key = AccessKey::new("testid", "testsecret").unwrap();
        for (operation, hash, signature) in [
            (
                "GetDeviceCredential",
                "e57937cc224267f21767844f7febea7cab4de9fde9fa74c6242cf0d1984aee3c",
                "d053a69353671baf7c3a78c14f76661c82ba0e176e7f701a6025de81557f36d5",
            ),
            (
                "RegisterDeviceCredential",
                "57cde7f21af0bc22e3778bd2fa8e43d85822ed185c8aec140ced6f92f04b2ffe",
                "bcb7417ecfdbe4a7551b702d3c61254837eb729c4da49fff391b9c7c298f3771",
            ),
        ] {
            let time = humantime::parse_rfc3339("2024-01-02T03:04:05Z").unwrap();
            let context = SigningContext { time, nonce: "4f1a0c9e2b7d4d0f9d0f6c2a1b3c4d5e" };
            let host = "onsmqtt.cn-hangzhou.aliyuncs.com";
            let request = sign(operation, &parameters, host, &key, context).unwrap();
            assert!(string_to_sign(&request.signed_text).ends_with(hash), "{}", *request.signed_text);
            let authorization = &request.headers[AUTHORIZATION];
            assert!(authorization.to_str().unwrap().ends_with(&format!("Signature={signature}")));
        }
    }

    /// A buffer that grows is copied, and the copy of a security token that is left behind is not
    /// wiped.
    #[test]
    fn a_canonical_request_has_room_from_the_start() {
        let room = |query: usize, name: usize, value: usize, more: usize| {
            let [query, name, value] = [query, name, value].map(|length| "q".repeat(length));
            let names: Vec<_> = (0..=more).map(|number| format!("{name}{number}")).collect();
            let headers: Vec<_> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
            let request = canonical_request("POST", "/", &query, &headers, EMPTY_PAYLOAD);
            request.capacity() - request.len()
        };
        let least = room(0, 1, 1, 0);
        assert_eq!(least, 96 - EMPTY_PAYLOAD.len() - "POST\n/\n\n\n\n".len() + 1);
        for (query, name, value, more) in [(1000, 1, 1, 0), (0, 300, 1, 0), (0, 1, 3000, 0), (7, 9, 40, 8)] {
            assert_eq!(room(query, name, value, more), least);
        }
    }
}
