//! The status, headers and body of a response.

use std::time::{Duration, SystemTime};

use devcred::{DeviceCredential, ErrorKind};
use serde_json::Value;

use crate::call::{CLIENT_ID, DEVICE_SECRET, INSTANCE_ID, check_error, check_hides_secrets, check_request_id, read};

/// The input is a response: the status, header lines `name: value`, an empty line, the body. The
/// caller receives the complete credential of the requested device, or an error that contains no
/// secret.
pub fn answer(data: &[u8]) {
    let Parts { status, headers, body } = parse(data);
    match read(status, &headers, body) {
        Ok(credential) => {
            assert_eq!(status, 200, "a credential under an error status");
            check_credential(&credential);
            check_against_serde(&credential, body);
        }
        Err(error) => {
            check_error(&error, status);
            let is_redirect = (300..400).contains(&status);
            assert!(!is_redirect || (error.kind() == ErrorKind::InvalidResponse && !error.is_retryable()));
        }
    }
}

struct Parts<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a [u8])>,
    body: &'a [u8],
}

fn parse(data: &[u8]) -> Parts<'_> {
    let mut headers = Vec::new();
    let (first, mut rest) = split_line(data);
    let status =
        str::from_utf8(first).ok().and_then(|text| text.parse().ok()).filter(|status| (100..1000).contains(status));
    loop {
        let (header, remainder) = split_line(rest);
        rest = remainder;
        if header.is_empty() {
            return Parts { status: status.unwrap_or(200), headers, body: rest };
        }
        let mut parts = header.splitn(2, |byte| *byte == b':');
        if let (Some(Ok(name)), Some(value)) = (parts.next().map(str::from_utf8), parts.next()) {
            headers.push((name, value.trim_ascii()));
        }
    }
}

/// Splits off the first line.
fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn check_credential(credential: &DeviceCredential) {
    assert_eq!((credential.client_id(), credential.instance_id()), (CLIENT_ID, INSTANCE_ID));
    // Valid in MQTT's CONNECT, and as C strings.
    for text in [credential.device_access_key_id(), credential.device_access_key_secret().reveal()] {
        assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
    }
    // 253402300799 s: the end of the year 9999.
    for time in [credential.create_time(), credential.update_time()] {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).expect("times before 1970 are refused");
        assert!(since < Duration::from_secs(253_402_300_800));
    }
    check_request_id(credential.request_id());
    let login = credential.mqtt_login();
    assert_eq!(login.client_id(), CLIENT_ID);
    let output = format!("{credential:?} {login:?}");
    // devcred cannot hide the secret if the service also returns it as the id.
    if !credential.device_access_key_id().contains(DEVICE_SECRET) {
        let is_the_secret = credential.device_access_key_secret().reveal() == DEVICE_SECRET;
        assert!(!is_the_secret || !output.contains(DEVICE_SECRET), "{output}");
        check_hides_secrets("credential", &output.replace(credential.device_access_key_id(), ""));
    }
}

/// Checks that serde_json reads the same values from the body, unless it refuses the body: its
/// depth limit is lower, and it validates members that devcred ignores.
fn check_against_serde(credential: &DeviceCredential, body: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let inner = value.get("DeviceCredential").expect("devcred read a credential from this body");
    let text = |member: &str| inner.get(member).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((text("ClientId"), text("InstanceId")), (CLIENT_ID, INSTANCE_ID));
    assert_eq!(text("DeviceAccessKeyId"), credential.device_access_key_id());
    assert_eq!(text("DeviceAccessKeySecret"), credential.device_access_key_secret().reveal());
}
