//! The call whose response the targets generate.

use devcred::testing::FixedCall;
use devcred::{AccessKey, DeviceCredential, Error, ErrorKind, SignatureMethod};

use crate::text;

pub(crate) const CLIENT_ID: &str = "GID_test@@@test";
pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl0001";

/// A secret of letters and digits, like real ones: valid as an error code and as a request id.
pub(crate) const SECRET: &str = "AS3cretOf30LettersAndDigits42x";
/// A security token, with the characters that percent-encoding changes.
pub(crate) const TOKEN: &str = "CAIS+t0k3n/of==";
/// The device's secret in the corpus. With its full stop, it is not valid as a request id.
pub(crate) const DEVICE_SECRET: &str = "DC.D3viceSecretOfTheCorpus";

/// Runs a function with a call that is signed with this method.
pub(crate) fn call<T>(signature: SignatureMethod, run: impl FnOnce(&FixedCall) -> T) -> T {
    let key = AccessKey::new("LTAI5tFuzz", SECRET).and_then(|key| key.with_security_token(TOKEN));
    let key = key.expect("the key is valid");
    run(&FixedCall { signature_method: signature, client_id: CLIENT_ID, instance_id: INSTANCE_ID, key: &key })
}

pub(crate) fn read(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Result<DeviceCredential, Error> {
    call(SignatureMethod::default(), |call| call.read(status, headers, body))
}

/// Checks the promises for every error.
pub(crate) fn check_error(error: &Error, status: u16) {
    assert_eq!(error.http_status(), Some(status));
    assert_eq!(error.attempts(), 1);
    text::check_single_line("message", error.message());
    assert!(error.message().chars().count() <= 1001, "the message is long");
    assert!(!error.message().is_empty(), "there is no message");

    let text = error.to_string();
    assert_eq!(text, format!("{error:?}"));
    let [code, request_id, help_url, advice] = [error.code(), error.request_id(), error.help_url(), error.advice()];
    for (member, value) in [("code", code), ("request id", request_id), ("help url", help_url), ("advice", advice)] {
        text::check_single_line(member, value.unwrap_or_default());
        check_hides_secrets(member, value.unwrap_or_default());
    }
    check_hides_secrets("message", error.message());
    check_hides_secrets("text", &text);
    assert_eq!(text.lines().count(), 1 + usize::from(advice.is_some()));

    assert!(code.is_none_or(|code| (1..=128).contains(&code.len())));
    request_id.inspect(|id| check_request_id(id));
    let is_vendor_url = |url: &str| {
        let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        ["aliyun.com", "alibabacloud.com"].iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
    };
    assert!(help_url.is_none_or(is_vendor_url), "{help_url:?} is not a page of the vendor");

    if code.is_none() {
        // The message contains no word of the body, and therefore no secret.
        text::check_own_words(error.message());
        // devcred cannot hide the secret if the service returns it as the request id.
        let without_request_id = text.replace(request_id.unwrap_or("\0"), "");
        assert!(!without_request_id.contains(DEVICE_SECRET), "{text}");
    } else {
        assert_ne!(error.kind(), ErrorKind::InvalidResponse);
    }
}

/// Checks that a request id is one word of visible characters, as logs and tickets need, or empty
/// if the service sent none.
pub(crate) fn check_request_id(id: &str) {
    assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
    check_hides_secrets("request id", id);
}

pub(crate) fn check_hides_secrets(name: &str, text: &str) {
    for secret in [SECRET, TOKEN] {
        text::check_hides(name, text, secret);
    }
}
