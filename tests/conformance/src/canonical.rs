//! Shows why the emulator refused an invalid request: what the core signs for this call, compared
//! line by line with what the emulator signed for the request that it received.

use std::fmt::Write;
use std::time::SystemTime;

use devcred::{AccessKey, SignatureMethod, testing};
use devcred_emulator::{RecordedCall, SecurityTokenPresented};

use crate::client_input::ClientInput;
use crate::line::encode;

/// The emulator's replacement for a security token.
const HIDDEN: &str = "<hidden>";

/// The codes of invalid requests. Permissions of a key or a device are not among them.
const WRONG: &[&str] = &[
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidTimeStamp",
    "IllegalTimestamp",
    "SignatureNonceUsed",
    "Missing",
    "InvalidParameter",
    "UnsupportedHTTPMethod",
    "InvalidAction",
    "InvalidApi",
    "InvalidVersion",
    "InvalidProduct",
    "InvalidProtocol",
    "ParameterCheckFailed",
    "UnsupportedOperation",
];

/// Returns the calls that were refused as invalid, with their codes, except those that failed
/// because of a step or a device's name.
pub(crate) fn refused(calls: &[RecordedCall]) -> Vec<(&RecordedCall, &str)> {
    let refused = calls.iter().filter(|call| !call.is_scripted);
    let refused = refused.filter_map(|call| Some((call, call.code.as_deref()?)));
    refused.filter(|(_, code)| WRONG.iter().any(|wrong| code.starts_with(wrong))).collect()
}

/// Returns both sides of a refused request.
pub(crate) fn side_by_side(call: &RecordedCall, input: &ClientInput, client_id: &str, host: &str) -> String {
    let ours = expected(call, input, client_id, host);
    let theirs = call.refused_signature.clone().unwrap_or_else(|| as_sent(call));
    let mut text =
        String::from("  (-) what the core signs for this call, (+) what the emulator signs for what it was sent\n");
    let split = |text: &str| text.replace("%26", "\n%26").lines().map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (split(&ours), split(&theirs));
    if ours == theirs {
        text += "  they are equal, so it was signed with another secret, or signed before it was altered\n";
    }
    for line in 0..ours.len().max(theirs.len()) {
        let (our, their) = (ours.get(line), theirs.get(line));
        if our == their {
            let _ = writeln!(text, "    {}", our.map_or("", String::as_str));
            continue;
        }
        for (mark, side) in [('-', our), ('+', their)] {
            if let Some(side) = side {
                let _ = writeln!(text, "  {mark} {side}");
            }
        }
    }
    text
}

fn as_sent(call: &RecordedCall) -> String {
    let headers: String = call.headers.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
    format!("{}\n{}{headers}", call.method, call.target)
}

/// Returns what the core signs for this call, with the time and the nonce of the request.
fn expected(call: &RecordedCall, input: &ClientInput, client_id: &str, host: &str) -> String {
    let has_token = call.security_token != SecurityTokenPresented::Absent || input.line.get("security_token").is_some();
    let key_id = call.access_key_id.as_deref().or(input.line.get("access_key_id")).unwrap_or_default();
    // The text does not contain the secret, and the emulator has replaced the token by this.
    let key = AccessKey::new(key_id, "any");
    let key = if has_token { key.and_then(|key| key.with_security_token(HIDDEN)) } else { key };
    let Ok(key) = key else {
        return "the core refuses the AccessKey".to_owned();
    };
    let is_older = call.signature == Some(devcred_emulator::SignatureMethod::HmacSha1);
    let signature = if is_older { SignatureMethod::HmacSha1 } else { SignatureMethod::Acs3HmacSha256 };
    let (time, nonce) = (time(call), call.nonce.as_deref().unwrap_or("(none)"));
    let signed = testing::signed(&input.operation, signature, client_id, &input.instance_id, host, &key, time, nonce);
    let covered = signed.map_or_else(|| "the core refuses these ids".to_owned(), |signed| signed.signed_text);
    covered.replace(&encode(&encode(HIDDEN)).into_owned(), HIDDEN)
}

/// Returns the time in the request, or else now.
fn time(call: &RecordedCall) -> SystemTime {
    let header = call.headers.iter().find(|(name, _)| name == "x-acs-date").map(|(_, value)| value.clone());
    let parameter = || call.target.split(['?', '&']).find_map(|pair| pair.strip_prefix("Timestamp="));
    let written = header.or_else(|| Some(parameter()?.replace("%3A", ":")));
    written.and_then(|text| humantime::parse_rfc3339(&text).ok()).unwrap_or_else(SystemTime::now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::server::Running;
    use devcred::{Client, ErrorKind};

    /// Returns a request that is signed with a wrong secret and otherwise valid, and the input for
    /// it.
    async fn refused_call(signature: SignatureMethod, token: Option<&str>) -> (RecordedCall, ClientInput, String) {
        let key = match token {
            Some(token) => format!(r#"{{"id": "STS.id", "secret": "the-right-secret", "token": "{token}"}}"#),
            None => r#"{"id": "LTAI", "secret": "the-right-secret"}"#.to_owned(),
        };
        let text = format!(
            r#"{{"about": "x", "call": {{}}, "server": {{"access_keys": [{key}]}},
                "expect": {{"outcome": "ok", "requests": 1}}}}"#
        );
        let case = Case::from_value(serde_json::from_str(&text).unwrap()).unwrap();
        let server = Running::start(&case.server, false).await.unwrap();
        let input = ClientInput::new("a/case", &case, &server);
        let get = |key: &str| input.line.get(key).unwrap().to_owned();
        let mut key = AccessKey::new(get("access_key_id"), "the-wrong-secret").unwrap();
        if let Some(token) = token {
            key = key.with_security_token(token).unwrap();
        }
        let client = Client::builder().access_key(key).endpoint(get("endpoint")).instance_id(&input.instance_id);
        let client = client.signature(signature).build().unwrap();
        let error = client.get_device_credential(&input.client_ids[0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        let host = server.host().to_owned();
        let call = server.count(1, 0).await.calls.remove(0);
        server.stop().await;
        (call, input, host)
    }

    #[tokio::test]
    async fn what_the_core_signs_is_what_the_emulator_signs() {
        for signature in [SignatureMethod::Acs3HmacSha256, SignatureMethod::HmacSha1] {
            for token in [None, Some("the+token/==")] {
                let (call, input, host) = refused_call(signature, token).await;
                let ours = expected(&call, &input, &input.client_ids[0], &host);
                assert_eq!(Some(&ours), call.refused_signature.as_ref(), "{signature} {token:?}");
                assert!(side_by_side(&call, &input, &input.client_ids[0], &host).contains("they are equal"));
                assert_eq!(refused(std::slice::from_ref(&call)).len(), 1);
            }
        }
    }

    #[tokio::test]
    async fn the_line_that_differs_is_marked() {
        for (signature, ours, theirs) in [
            (
                SignatureMethod::Acs3HmacSha256,
                "  - ClientId=GID_other&InstanceId",
                "  + ClientId=GID_test%40%40%40test&InstanceId",
            ),
            (
                SignatureMethod::HmacSha1,
                "  - %26ClientId%3DGID_other\n",
                "  + %26ClientId%3DGID_test%2540%2540%2540test\n",
            ),
        ] {
            let (call, input, host) = refused_call(signature, None).await;
            let text = side_by_side(&call, &input, "GID_other", &host);
            assert!(text.contains(ours) && text.contains(theirs), "{text}");
            assert_eq!(text.matches("\n  - ").count(), 1, "{text}");
        }
    }
}
