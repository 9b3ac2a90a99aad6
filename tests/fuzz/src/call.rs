//! The call whose answer the targets make up.

use devcred::testing::FixedCall;
use devcred::{AccessKey, DeviceCredential, Error, ErrorKind, SignatureMethod};

use crate::text;

pub(crate) const CLIENT_ID: &str = "GID_test@@@test";
pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl0001";

/// A secret of letters and digits, as real ones are: it fits into a code and into a request id.
pub(crate) const SECRET: &str = "AS3cretOf30LettersAndDigits42x";
/// A security token, with the characters that an encoding changes.
pub(crate) const TOKEN: &str = "CAIS+t0k3n/of==";
/// The device's secret of the corpus. Its full stop keeps it out of a request id.
pub(crate) const DEVICE_SECRET: &str = "DC.D3viceSecretOfTheCorpus";

/// Makes the call with both signatures' shared key.
pub(crate) fn call<T>(signature: SignatureMethod, run: impl FnOnce(&FixedCall) -> T) -> T {
    let key = AccessKey::new("LTAI5tFuzz", SECRET).and_then(|key| key.with_security_token(TOKEN));
    let key = key.expect("the key is a good one");
    run(&FixedCall { signature_method: signature, client_id: CLIENT_ID, instance_id: INSTANCE_ID, key: &key })
}

pub(crate) fn read(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Result<DeviceCredential, Error> {
    call(SignatureMethod::default(), |call| call.read(status, headers, body))
}

/// What holds of every error, whatever it was made of.
pub(crate) fn check_error(error: &Error, status: u16) {
    assert_eq!(error.http_status(), Some(status));
    assert_eq!(error.attempts(), 1);
    text::is_one_line("message", error.message());
    assert!(error.message().chars().count() <= 1001, "the message is long");
    assert!(!error.message().is_empty(), "there is no message");

    let shown = error.to_string();
    assert_eq!(shown, format!("{error:?}"));
    let [code, request_id, help_url, advice] = [error.code(), error.request_id(), error.help_url(), error.advice()];
    for (member, value) in [("code", code), ("request id", request_id), ("help url", help_url), ("advice", advice)] {
        text::is_one_line(member, value.unwrap_or_default());
        hides_our_secrets(member, value.unwrap_or_default());
    }
    hides_our_secrets("message", error.message());
    hides_our_secrets("text", &shown);
    assert_eq!(shown.lines().count(), 1 + usize::from(advice.is_some()));

    assert!(code.is_none_or(|code| (1..=128).contains(&code.len())));
    request_id.inspect(|id| is_request_id(id));
    let of_vendor = |url: &str| {
        let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        ["aliyun.com", "alibabacloud.com"].iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
    };
    assert!(help_url.is_none_or(of_vendor), "{help_url:?} is no page of the vendor");

    if code.is_none() {
        // No word of the body is in it, so no secret either.
        text::is_of_our_words(error.message());
        // A service that gives the secret as the request id cannot be helped.
        let beside_request_id = shown.replace(request_id.unwrap_or("\0"), "");
        assert!(!beside_request_id.contains(DEVICE_SECRET), "{shown}");
    } else {
        assert_ne!(error.kind(), ErrorKind::InvalidResponse);
    }
}

/// A request id goes into logs and tickets: one word of visible characters, or nothing when the service sent none.
pub(crate) fn is_request_id(id: &str) {
    assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
    hides_our_secrets("request id", id);
}

pub(crate) fn hides_our_secrets(what: &str, shown: &str) {
    for secret in [SECRET, TOKEN] {
        text::hides(what, shown, secret);
    }
}
