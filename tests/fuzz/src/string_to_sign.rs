//! The message of a refused signature, with the service's side of the computation in it.

use devcred::{ErrorKind, SignatureMethod};
use serde_json::json;

use crate::call::{call, check_error};

const WRONG_SECRET: &str =
    "The service signed the same request with a different result, so the AccessKey secret is wrong.";

/// The first byte chooses the signature (`1` is HMAC-SHA1), the rest is the message. `{ours}` in it stands for what
/// devcred signed. The advice compares the two sides and repeats no secret of either.
pub fn string_to_sign(data: &[u8]) {
    let Some((choice, message)) = data.split_first() else {
        return;
    };
    let signature = if *choice == b'1' { SignatureMethod::HmacSha1 } else { SignatureMethod::Acs3HmacSha256 };
    let (error, ours) = call(signature, |call| {
        let ours = call.signed_text().expect("the call can be signed");
        let message = String::from_utf8_lossy(message).replace("{ours}", &ours);
        let body = json!({"Code": "SignatureDoesNotMatch", "Message": message}).to_string();
        (call.read(400, &[], body.as_bytes()).expect_err("an error is no credential"), ours)
    });
    check_error(&error, 400);
    assert_eq!((error.kind(), error.code()), (ErrorKind::Authentication, Some("SignatureDoesNotMatch")));
    assert!(!error.is_retryable());
    let advice = error.advice().expect("there is always something to do");
    // Two parts of at most 200 characters and some words of ours.
    assert!(advice.chars().count() <= 600, "{advice}");

    // The service's side is no part of the message, and the advice blames the secret only where it is the same as ours.
    let told = error.message();
    assert!(!told.starts_with("server ") && !told.contains(" server "), "the service's side is in the message: {told}");
    hides_altered_tokens(advice);
    if advice == WRONG_SECRET {
        assert!(
            String::from_utf8_lossy(message).contains("{ours}") || String::from_utf8_lossy(message).contains(&ours)
        );
    }
}

/// A token that something on the way has altered is still one: nothing but the mark stands behind its name, or what the
/// limit of length left of the mark.
fn hides_altered_tokens(advice: &str) {
    for name in ["x-acs-security-token:", "SecurityToken%3D", "SecurityToken="] {
        for (at, _) in advice.match_indices(name) {
            let behind = advice.get(at + name.len()..).unwrap_or_default();
            let shown = behind.split('"').next().unwrap_or_default();
            assert!("<redacted>".starts_with(shown), "{shown:?} stands behind {name} in the advice: {advice}");
        }
    }
}
