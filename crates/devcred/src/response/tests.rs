mod properties;

use serde_json::{Value, json};

use super::*;
use crate::credential::DeviceCredential;
use crate::operation::GetDeviceCredential;

const CLIENT_ID: &str = "GID_test@@@test";
const INSTANCE_ID: &str = "post-cn-0pp12gl****";
const SECRET: &str = "DC.BJMkn4eMQJK2vaApTS****";
const REQUEST_ID: &str = "020F6A43-19E6-4B6E-B846-44EB31DF****";

fn credential() -> Value {
    json!({
        "RequestId": REQUEST_ID,
        "DeviceCredential": {
            "ClientId": CLIENT_ID,
            "InstanceId": INSTANCE_ID,
            "DeviceAccessKeyId": "DC.Z5fq****",
            "DeviceAccessKeySecret": SECRET,
            "CreateTime": 1_605_541_382_000_u64,
            "UpdateTime": "1605541382001",
            "Unknown": {"deep": [1, 2]},
        },
    })
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl AsRef<[u8]>) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    HttpResponse { status, headers, body: Body::Whole(Zeroizing::new(body.as_ref().to_vec())) }
}

fn read_answer(answer: &HttpResponse) -> Result<DeviceCredential, Failure> {
    let secrets = [Secret::new("account+secret"), Secret::new("t0k3n==")];
    parse(&GetDeviceCredential::new(CLIENT_ID), INSTANCE_ID, answer, &secrets)
}

fn read_json(status: u16, body: &Value) -> Result<DeviceCredential, Failure> {
    read_answer(&answer(status, &[], body.to_string()))
}

/// Returns the message for a response that should be unreadable.
fn complaint(body: impl AsRef<[u8]>) -> String {
    let failure = read_answer(&answer(200, &[], body)).unwrap_err();
    assert_eq!((failure.kind, failure.is_retryable), (ErrorKind::InvalidResponse, false));
    failure.message
}

/// `credential()` with one member of the inner object replaced, or removed by null.
fn with(member: &str, value: Value) -> String {
    let mut body = credential();
    let inner = body["DeviceCredential"].as_object_mut().unwrap();
    match value {
        Value::Null => inner.remove(member),
        value => inner.insert(member.to_owned(), value),
    };
    body.to_string()
}

#[test]
fn a_credential_is_read_whole() {
    let credential = read_json(200, &credential()).unwrap();
    assert_eq!(credential.client_id(), CLIENT_ID);
    assert_eq!(credential.instance_id(), INSTANCE_ID);
    assert_eq!(credential.device_access_key_id(), "DC.Z5fq****");
    assert_eq!(credential.device_access_key_secret().reveal(), SECRET);
    let ms = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    assert_eq!((ms(credential.create_time()), ms(credential.update_time())), (1_605_541_382_000, 1_605_541_382_001));
    assert_eq!(credential.request_id(), REQUEST_ID);
}

#[test]
fn the_request_id_falls_back_to_the_header_and_then_to_empty() {
    let mut body = credential();
    body.as_object_mut().unwrap().remove("RequestId");
    let with_header = answer(200, &[("x-acs-request-id", "of-header")], body.to_string());
    assert_eq!(read_answer(&with_header).unwrap().request_id(), "of-header");
    assert_eq!(read_json(200, &body).unwrap().request_id(), "");
}

#[test]
fn every_member_is_required_and_named() {
    for member in ["ClientId", "InstanceId", "DeviceAccessKeyId", "DeviceAccessKeySecret", "CreateTime", "UpdateTime"] {
        assert_eq!(complaint(with(member, Value::Null)), format!("the response has no DeviceCredential.{member}"));
        let message = complaint(with(member, json!([SECRET])));
        assert!(message.starts_with(&format!("the response's DeviceCredential.{member} is not ")), "{message}");
        assert!(message.contains(" (line 1, column "), "{message}");
    }
    for member in ["DeviceAccessKeyId", "DeviceAccessKeySecret"] {
        assert!(complaint(with(member, json!(""))).contains("a non-empty string"));
        assert!(complaint(with(member, json!("a\u{0}b"))).contains("a string without control characters"));
    }
    assert_eq!(complaint("{}"), "the response has no DeviceCredential");
    assert_eq!(
        complaint(r#"{"DeviceCredential":"x"}"#),
        "the response's DeviceCredential is not an object (line 1, column 21)"
    );
    assert_eq!(
        complaint("{\n \"DeviceCredential\":\n 7}"),
        "the response's DeviceCredential is not an object (line 3, column 2)"
    );
    assert!(complaint("").starts_with("the response is not a JSON object (line 1"));
    assert!(complaint("[]").starts_with("the response is not a JSON object"));
    assert!(complaint("{\n\"a\": x").contains("(line 2, column 6)"));
}

#[test]
fn a_repeated_member_is_refused() {
    let twice = credential().to_string().replacen("\"ClientId\"", "\"ClientId\":\"GID_test@@@test\",\"ClientId\"", 1);
    assert_eq!(complaint(twice), "the response contains DeviceCredential.ClientId twice");
}

#[test]
fn times_are_whole_milliseconds_from_1970_to_9999() {
    for good in [json!(0), json!("0"), json!(253_402_300_799_999_u64)] {
        read_answer(&answer(200, &[], with("CreateTime", good))).unwrap();
    }
    for bad in [
        json!(-1),
        json!(1.5),
        json!("1.5"),
        json!("+1"),
        json!(" 1"),
        json!(""),
        json!(true),
        json!(253_402_300_800_000_u64),
    ] {
        assert!(complaint(with("CreateTime", bad)).contains("whole milliseconds"));
    }
    for bad in ["1e3", "99999999999999999999"] {
        assert!(complaint(with("CreateTime", json!(7777)).replace("7777", bad)).contains("whole milliseconds"));
    }
}

#[test]
fn a_credential_of_another_device_or_instance_is_refused_and_not_repeated() {
    for member in ["ClientId", "InstanceId"] {
        let message = complaint(with(member, json!("GID_test@@@other")));
        assert!(
            message.contains(member) && message.contains("requested id") && !message.contains("other"),
            "{message}"
        );
    }
}

#[test]
fn an_error_body_is_an_error_under_any_status_but_a_redirects() {
    let body = json!({
        "RequestId": REQUEST_ID, "HostId": "h", "Code": "DeviceCredentialNotFound", "Message": "No\ncredential.",
        "Recommend": "https://api.aliyun.com/troubleshoot?q=DeviceCredentialNotFound",
    });
    for status in [200, 400, 404, 500] {
        let failure = read_json(status, &body).unwrap_err();
        assert_eq!((failure.kind, failure.is_retryable), (ErrorKind::NotFound, false));
        assert_eq!(failure.message, "No credential.");
        assert_eq!(failure.details.code.as_deref(), Some("DeviceCredentialNotFound"));
        assert_eq!(failure.details.request_id.as_deref(), Some(REQUEST_ID));
        assert_eq!(failure.details.http_status, Some(status));
        assert!(failure.details.help_url.unwrap().starts_with("https://api.aliyun.com/"));
    }
    let mut both = credential();
    both["Code"] = json!("NoPermission");
    assert_eq!(read_json(200, &both).unwrap_err().kind, ErrorKind::PermissionDenied);
    for well in ["200", "OK", "Success"] {
        both["Code"] = json!(well);
        read_json(200, &both).unwrap();
    }
    let failure = read_json(302, &body).unwrap_err();
    assert_eq!((failure.kind, failure.is_retryable), (ErrorKind::InvalidResponse, false));
    assert!(failure.message.contains("redirect"));
}

#[test]
fn a_credential_with_an_error_status_is_not_returned() {
    let failure = read_json(400, &credential()).unwrap_err();
    assert_eq!((failure.kind, failure.is_retryable), (ErrorKind::InvalidResponse, false));
    assert_eq!(failure.details.request_id.as_deref(), Some(REQUEST_ID));
}

#[test]
fn without_a_readable_code_the_status_decides() {
    for (status, kind, retryable) in [
        (201, ErrorKind::InvalidResponse, false),
        (302, ErrorKind::InvalidResponse, false),
        (404, ErrorKind::InvalidResponse, false),
        (429, ErrorKind::Throttled, true),
        (500, ErrorKind::Service, true),
        (502, ErrorKind::Service, true),
        (599, ErrorKind::Service, true),
    ] {
        for body in ["<html><Code>x</Code></html>", "", "{}", r#"{"Code": 7}"#, r#"{"Code": "a b"}"#] {
            let failure = read_answer(&answer(status, &[("x-acs-request-id", "abc")], body)).unwrap_err();
            assert_eq!((failure.kind, failure.is_retryable), (kind, retryable), "{status} {body}");
            assert_eq!(failure.details.request_id.as_deref(), Some("abc"));
            assert_eq!(failure.details.http_status, Some(status));
        }
    }
}

#[test]
fn a_body_too_long_or_encoded_is_not_read() {
    for (body, complaint) in [(Body::TooLong, "longer than 64 KiB"), (Body::Encoded, "Content-Encoding")] {
        let mut answer = answer(200, &[], "");
        answer.body = body;
        let failure = read_answer(&answer).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::InvalidResponse);
        assert!(failure.message.contains(complaint));
        answer.status = 503;
        assert_eq!(read_answer(&answer).unwrap_err().kind, ErrorKind::Service);
    }
}

#[test]
fn an_error_in_xml_is_read() {
    let xml = "<?xml version='1.0'?><Error><RequestId>ABC-1</RequestId><HostId>h</HostId><Code>Throttling.User</Code>\
               <Message>a &lt;b&gt; &amp;lt; c</Message></Error>";
    let failure = read_answer(&answer(400, &[], xml)).unwrap_err();
    assert_eq!((failure.kind, failure.is_retryable), (ErrorKind::Throttled, true));
    assert_eq!(failure.message, "a <b> &lt; c");
    assert_eq!(failure.details.request_id.as_deref(), Some("ABC-1"));
    assert_eq!(failure.details.code.as_deref(), Some("Throttling.User"));
    let xml = "<Error><Code>A</Code><Message>&quot;a&apos;s&quot; &#98; &#x63; &other; d</Message></Error>";
    assert_eq!(read_answer(&answer(400, &[], xml)).unwrap_err().message, "\"a's\" b c &other; d");
}

#[test]
fn a_requested_delay_is_used() {
    let body = json!({"Code": "NoPermission", "Message": "m"}).to_string();
    let wait = |headers: &[(&'static str, &str)]| {
        let failure = read_answer(&answer(400, headers, &body)).unwrap_err();
        (failure.details.retry_after, failure.is_retryable)
    };
    assert_eq!(wait(&[("x-acs-retry-after", "1500")]), (Some(Duration::from_millis(1500)), true));
    for none in ["0", "-5", "", "soon"] {
        assert_eq!(wait(&[("x-acs-retry-after", none)]), (None, false));
    }
    assert_eq!(wait(&[("retry-after", "2")]), (Some(Duration::from_secs(2)), false));
    let date = "Tue, 02 Jan 2024 03:04:05 GMT";
    let later = "Tue, 02 Jan 2024 03:04:12 GMT";
    assert_eq!(wait(&[("date", date), ("retry-after", later)]), (Some(Duration::from_secs(7)), false));
    assert_eq!(wait(&[("retry-after", later)]), (None, false));
    let both = [("x-acs-retry-after", "1500"), ("retry-after", "1")];
    assert_eq!(wait(&both), (Some(Duration::from_millis(1500)), true));
}

#[test]
fn our_secrets_are_redacted_in_what_the_service_says() {
    let long = "x".repeat(990);
    for message in ["got t0k3n== and account%2Bsecret", &format!("{long} account+secret")] {
        let body =
            json!({"Code": "InternalError", "Message": message, "Recommend": "https://aliyun.com/?q=t0k3n%3D%3D"});
        let failure = read_json(500, &body).unwrap_err();
        assert!(failure.message.contains("<red"), "{}", failure.message);
        assert!(!failure.message.contains("t0k3n") && !failure.message.contains("acc"), "{}", failure.message);
        assert_eq!(failure.details.help_url, None);
        let detail = json!({"AuthAction": message});
        let body = json!({"Code": "NoPermission", "Message": "m", "AccessDeniedDetail": detail});
        let denied = read_json(403, &body).unwrap_err().details.access_denied;
        assert_eq!(denied, [("AuthAction", failure.message)]);
    }
}

#[test]
fn a_secret_instead_of_a_code_or_a_request_id_is_not_repeated() {
    let secrets = [Secret::new("ASecretLikeACode42")];
    let read = |body: Value, header: &str| {
        let answer = answer(400, &[("x-acs-request-id", header)], body.to_string());
        parse(&GetDeviceCredential::new(CLIENT_ID), INSTANCE_ID, &answer, &secrets).map(|_| ()).unwrap_err()
    };
    let as_code = read(json!({"Code": "ASecretLikeACode42.Expired", "Message": "m"}), "of-header");
    assert_eq!((as_code.details.code, as_code.kind), (None, ErrorKind::InvalidResponse));
    let as_id = json!({"Code": "NoPermission", "Message": "m", "RequestId": "ASecretLikeACode42"});
    assert_eq!(read(as_id.clone(), "of-header").details.request_id.as_deref(), Some("of-header"));
    assert_eq!(read(as_id, "ASecretLikeACode42").details.request_id, None);
}

#[test]
fn a_known_code_is_not_taken_for_a_secret() {
    let read = |secret: &str, code: &str| {
        let answer = answer(400, &[], json!({"Code": code, "Message": "m"}).to_string());
        let failure = parse(&GetDeviceCredential::new(CLIENT_ID), INSTANCE_ID, &answer, &[Secret::new(secret)]);
        let failure = failure.map(|_| ()).unwrap_err();
        (failure.details.code, failure.kind)
    };
    for (secret, code, kept, kind) in [
        ("e", "DeviceCredentialNotFound", Some("DeviceCredentialNotFound"), ErrorKind::NotFound),
        ("DeviceCredentialNotFound", "DeviceCredentialNotFound", Some("DeviceCredentialNotFound"), ErrorKind::NotFound),
        ("Throttling", "Throttling.User", Some("Throttling.User"), ErrorKind::Throttled),
        // Of a family, what the service adds could be a secret.
        ("User", "Throttling.User", Some("Throttling"), ErrorKind::Throttled),
        ("x", "InvalidTimeStamp.Expired", Some("InvalidTimeStamp"), ErrorKind::Authentication),
        ("x", "SomethingNext", None, ErrorKind::InvalidResponse),
        ("y", "SomethingNext", Some("SomethingNext"), ErrorKind::Service),
    ] {
        assert_eq!(read(secret, code), (kept.map(str::to_owned), kind), "{secret} in {code}");
    }
}

#[test]
fn a_request_id_may_have_any_visible_character() {
    let read = |id: &str| {
        let body = json!({"Code": "NoPermission", "Message": "m", "RequestId": id});
        read_json(400, &body).unwrap_err().details.request_id
    };
    for id in ["a.b_c:d", "0a1b-2c3d", "1/2+3==", &"x".repeat(128)] {
        assert_eq!(read(id).as_deref(), Some(id));
    }
    for bad in ["a b", "a\u{1b}", "\u{e9}", "", &"x".repeat(129), "account+secret", "account%2Bsecret"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

#[test]
fn the_device_secret_is_not_used_as_a_request_id() {
    let mut body = credential();
    body["RequestId"] = body["DeviceCredential"]["DeviceAccessKeySecret"].clone();
    assert_eq!(read_json(200, &body).unwrap().request_id(), "");
}

#[test]
fn a_secret_in_numeric_entities_is_redacted() {
    for entity in ["+", "&#43;", "&#x2B;", "&#X2b;", "&#0043;"] {
        let xml = format!(
            "<Error><Code>NoPermission</Code><Message>a account{entity}secret &lt;&amp;#43; &#; &#x110000; &x b</Message></Error>"
        );
        let failure = read_answer(&answer(400, &[], xml)).unwrap_err();
        assert_eq!(failure.message, "a <redacted> <&#43; &#; &#x110000; &x b", "{entity}");
    }
}

#[test]
fn the_services_side_of_a_signature_is_not_in_the_message() {
    let message = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n00]";
    let failure = read_json(400, &json!({"Code": "SignatureDoesNotMatch", "Message": message})).unwrap_err();
    assert_eq!(failure.message, "Specified signature does not match our calculation.");
    assert_eq!(failure.details.full_message.as_str(), message);
}

#[test]
fn the_services_side_is_not_in_the_message_even_if_a_line_begins_with_it() {
    for (message, own) in [
        ("no match.\nserver CanonicalRequest is [POST]", "no match."),
        ("server string to sign is:POST", "the service sent no message"),
        ("\tserver string to sign is:POST", "the service sent no message"),
    ] {
        let failure = read_json(400, &json!({"Code": "SignatureDoesNotMatch", "Message": message})).unwrap_err();
        assert_eq!((failure.message.as_str(), failure.details.full_message.as_str()), (own, message));
    }
}

#[test]
fn a_help_url_contains_no_control_character() {
    let url = " https://api.aliyun.com/a\nb\tc?q=\u{1b}[31m\u{85}";
    let body = json!({"Code": "NoPermission", "Message": "m", "Recommend": url});
    let help = read_json(400, &body).unwrap_err().details.help_url;
    assert_eq!(help.as_deref(), Some("https://api.aliyun.com/abc?q=%1B[31m%C2%85"));
    let secret = json!({"Code": "NoPermission", "Message": "m", "Recommend": "https://aliyun.com/account+\nsecret"});
    assert_eq!(read_json(400, &secret).unwrap_err().details.help_url, None);
}

#[test]
fn only_https_pages_of_the_vendor_are_help_urls() {
    for (url, good) in [
        ("https://api.aliyun.com/troubleshoot?q=x", true),
        ("https://www.alibabacloud.com/help", true),
        ("http://api.aliyun.com/", false),
        ("https://evilaliyun.com/", false),
        ("https://aliyun.com.evil.example/", false),
        ("https://aliyun.com@evil.example/", false),
        ("javascript:alert(1)", false),
        // The URL parser decodes U+200F, at which it panics in a debug build.
        ("https://xn--h-0fNoaNoPermissionftPerNoPers/", false),
        ("https://%78n--h-0fNoaNoPermissionftPerNoPers/", false),
        ("https://x\nn--h-0fNoaNoPermissionftPerNoPers/", false),
    ] {
        let body = json!({"Code": "NoPermission", "Message": "m", "Recommend": url});
        assert_eq!(read_json(400, &body).unwrap_err().details.help_url.is_some(), good, "{url}");
    }
}

#[test]
fn the_details_of_a_denied_access_are_kept() {
    let detail = json!({"AuthAction": "mq:GetDeviceCredential", "PolicyType": "AccountLevel", "Other": "x", "NoPermissionType": 7});
    let body = json!({"Code": "NoPermission", "Message": "m", "AccessDeniedDetail": detail});
    let denied = read_json(403, &body).unwrap_err().details.access_denied;
    let expected = [("AuthAction", "mq:GetDeviceCredential"), ("PolicyType", "AccountLevel")];
    assert_eq!(denied, expected.map(|(name, value)| (name, value.to_owned())));
}
