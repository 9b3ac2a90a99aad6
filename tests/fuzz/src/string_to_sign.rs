//! The message of SignatureDoesNotMatch, which contains the string that the service signed.

use devcred::{ErrorKind, SignatureMethod};
use serde_json::json;

use crate::call::{call, check_error};

const WRONG_SECRET: &str =
    "The service signed the same request with a different result, so the AccessKey secret is wrong.";

/// The first byte selects the signature method (`1` is HMAC-SHA1), the rest is the message, in
/// which `{ours}` is replaced with the string that devcred signed. The advice compares the two
/// strings and contains no secret of either.
pub fn string_to_sign(data: &[u8]) {
    let Some((choice, message)) = data.split_first() else {
        return;
    };
    let signature = if *choice == b'1' { SignatureMethod::HmacSha1 } else { SignatureMethod::Acs3HmacSha256 };
    let (error, signed_text) = call(signature, |call| {
        let signed_text = call.signed_text().expect("the call can be signed");
        let message = String::from_utf8_lossy(message).replace("{ours}", &signed_text);
        let body = json!({"Code": "SignatureDoesNotMatch", "Message": message}).to_string();
        (call.read(400, &[], body.as_bytes()).expect_err("an error body is not a credential"), signed_text)
    });
    check_error(&error, 400);
    assert_eq!((error.kind(), error.code()), (ErrorKind::Authentication, Some("SignatureDoesNotMatch")));
    assert!(!error.is_retryable());
    let advice = error.advice().expect("this error always has advice");
    // Two excerpts of at most 200 characters, and devcred's words.
    assert!(advice.chars().count() <= 600, "{advice}");

    // The message does not contain the service's string, and the advice blames the secret only if
    // the two strings are equal.
    let text = error.message();
    assert!(
        !text.starts_with("server ") && !text.contains(" server "),
        "the service's string is in the message: {text}"
    );
    check_hides_altered_tokens(advice);
    if advice == WRONG_SECRET {
        assert!(
            String::from_utf8_lossy(message).contains("{ours}")
                || String::from_utf8_lossy(message).contains(&signed_text)
        );
    }
}

/// Checks that a token is redacted even if something has altered it: its name is followed only by
/// `<redacted>`, possibly truncated.
fn check_hides_altered_tokens(advice: &str) {
    for name in ["x-acs-security-token:", "SecurityToken%3D", "SecurityToken="] {
        for (at, _) in advice.match_indices(name) {
            let rest = advice.get(at + name.len()..).unwrap_or_default();
            let value = rest.split('"').next().unwrap_or_default();
            assert!("<redacted>".starts_with(value), "{value:?} follows {name} in the advice: {advice}");
        }
    }
}
