//! HMAC-SHA1, the older signature of RPC operations. The vendor's documents call it V2, the wire
//! `SignatureVersion=1.0`.
//!
//! ```text
//! StringToSign = METHOD & enc("/") & enc(canonical query)        values are encoded twice
//! Signature    = base64(HMAC-SHA1(AccessKeySecret + "&", StringToSign))
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use reqwest::header::{HOST, HeaderMap, HeaderValue, InvalidHeaderValue};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::encode::{append, canonical_query};
use super::{HEADER_COUNT, SignedRequest, SigningContext};
use crate::access_key::AccessKey;
use crate::clock::timestamp;
use crate::crypto::mac;
use crate::operation::VERSION;

fn string_to_sign(method: &str, canonical_query: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(method.len() + 5 + 2 * canonical_query.len()));
    text.extend([method, "&%2F&"]);
    append(&mut text, canonical_query);
    text
}

fn signature(secret: &str, string_to_sign: &str) -> String {
    let key = Zeroizing::new([secret, "&"].concat());
    STANDARD.encode(mac::<Hmac<Sha1>>(key.as_bytes(), string_to_sign.as_bytes()))
}

/// Our request: every parameter in the query, no header of the newer method, so that it is not
/// mistaken for it.
pub(super) fn sign(
    action: &str,
    parameters: &[(&str, &str)],
    host: &str,
    key: &AccessKey,
    context: SigningContext,
) -> Result<SignedRequest, InvalidHeaderValue> {
    let time = timestamp(context.time);
    let mut all = vec![
        ("Action", action),
        ("Version", VERSION),
        ("Format", "JSON"),
        ("AccessKeyId", key.id()),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", context.nonce),
        ("Timestamp", &time),
    ];
    if let Some(token) = key.security_token() {
        all.push(("SecurityToken", token.reveal()));
    }
    all.extend(parameters);

    let unsigned = Zeroizing::new(canonical_query(&all));
    let signed_text = string_to_sign("POST", &unsigned);
    let signature = signature(key.secret().reveal(), &signed_text);
    all.push(("Signature", &signature));

    let mut headers = HeaderMap::with_capacity(HEADER_COUNT);
    headers.insert(HOST, HeaderValue::from_str(host)?);
    Ok(SignedRequest { query: Zeroizing::new(canonical_query(&all)), headers, signed_text, time: context.time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::vectors::{all, pairs, text};

    #[test]
    fn every_vector_passes() {
        let vectors = all("hmac-sha1");
        assert_eq!(vectors.len(), 14);
        for (name, vector) in vectors {
            let ours = string_to_sign(&text(&vector, "method"), &canonical_query(&pairs(&vector, "params")));
            assert_eq!(*ours, text(&vector, "string_to_sign"), "{name}");
            assert_eq!(signature(&text(&vector, "access_key_secret"), &ours), text(&vector, "signature"), "{name}");
        }
    }

    #[test]
    fn the_request_of_the_vendors_sdk_is_reproduced() {
        let vectors: Vec<_> = all("wire").into_iter().filter(|(name, _)| name.starts_with("hmac")).collect();
        assert_eq!(vectors.len(), 1);
        for (name, vector) in vectors {
            let mut parameters = pairs(&vector, "query_decoded");
            parameters.retain(|(name, _)| *name != "Signature");
            let ours = string_to_sign("POST", &canonical_query(&parameters));
            assert_eq!(*ours, text(&vector, "string_to_sign"), "{name}");
            assert_eq!(signature(&text(&vector, "access_key_secret"), &ours), text(&vector, "signature"), "{name}");
        }
    }

    #[test]
    fn our_request_holds_every_parameter_in_the_query() {
        let parameters = [("ClientId", "GID_test@@@test"), ("InstanceId", "post-cn-0pp12gl****")];
        let key = AccessKey::new("STS.id", "secret").unwrap().with_security_token("a+/==").unwrap();
        let context = SigningContext { time: std::time::SystemTime::UNIX_EPOCH, nonce: "0123" };
        let request = sign("GetDeviceCredential", &parameters, "127.0.0.1:1", &key, context).unwrap();
        let (before, after) = request.query.split_once("&Signature=").unwrap();
        assert_eq!(
            before,
            "AccessKeyId=STS.id&Action=GetDeviceCredential&ClientId=GID_test%40%40%40test&Format=JSON&\
             InstanceId=post-cn-0pp12gl%2A%2A%2A%2A&SecurityToken=a%2B%2F%3D%3D"
        );
        assert!(after.ends_with(
            "&SignatureMethod=HMAC-SHA1&SignatureNonce=0123&SignatureVersion=1.0&Timestamp=1970-01-01T00%3A00%3A00Z&\
             Version=2020-04-20"
        ));
        assert_eq!(request.headers.keys().collect::<Vec<_>>(), [HOST]);
    }

    /// A buffer that grows is copied, and the copy of a security token that is left behind is not
    /// wiped.
    #[test]
    fn a_string_to_sign_has_room_from_the_start_for_a_query_of_which_half_is_encoded() {
        for (method, query) in [("POST", 0), ("POST", 1), ("A-LONG-METHOD", 3000)] {
            let text = string_to_sign(method, &"q".repeat(query));
            assert_eq!(text.capacity() - text.len(), query);
        }
    }
}
