//! HMAC-SHA1, the older signature method of RPC APIs: the documents call it V2, and requests send
//! `SignatureVersion=1.0`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::Hmac;
use sha1::Sha1;

use super::encoding::encode;
use super::hmac;

/// Builds the string to sign from the parameters of query and form together, except `Signature`.
/// Values are encoded twice: in the canonical parameters, and as part of the string.
pub(crate) fn string_to_sign(method: &str, parameters: &[(String, String)]) -> String {
    let mut signed: Vec<_> = parameters.iter().filter(|(name, _)| name != "Signature").collect();
    signed.sort();
    let pairs: Vec<String> = signed.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("{method}&{}&{}", encode("/"), encode(&pairs.join("&")))
}

pub(crate) fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let key = format!("{access_key_secret}&");
    BASE64.encode(hmac::<Hmac<Sha1>>(key.as_bytes(), string_to_sign.as_bytes()))
}
