//! The older signature of RPC APIs, HMAC-SHA1: documents call it V2, the wire `SignatureVersion=1.0`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::Hmac;
use sha1::Sha1;

use super::encoding::encode;
use super::hmac;

/// Values are encoded twice: once in the canonical parameters, once as part of the string.
/// `parameters` are those of query and form together; `Signature` is not part of what is signed.
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
