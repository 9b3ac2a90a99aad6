//! Tests every check of a request that is signed with ACS3-HMAC-SHA256.

mod common;

use std::time::{Duration, SystemTime};

use common::{Acs3, ID, Request, SECRET, emulator, get, timestamp};
use devcred_emulator::Emulator;

const CLIENT_ID: &str = "GID_demo@@@device-1";

#[tokio::test]
async fn a_good_request_is_answered_with_the_credential() {
    let emulator = emulator().await;
    let response = get(&emulator, CLIENT_ID).send().await;
    let body = response.assert_ok();
    let credential = &body["DeviceCredential"];
    assert_eq!(credential["ClientId"], CLIENT_ID);
    assert_eq!(credential["InstanceId"], "post-cn-demo");
    assert!(credential["DeviceAccessKeyId"].as_str().unwrap().starts_with("DC."));
    assert!(!credential["DeviceAccessKeySecret"].as_str().unwrap().is_empty());
    assert!(credential["CreateTime"].is_u64() && credential["UpdateTime"] == credential["CreateTime"]);
    assert_eq!(response.headers["content-type"], "application/json;charset=utf-8");
    assert_eq!(response.headers["x-acs-request-id"], body["RequestId"].as_str().unwrap());
    assert!(httpdate::parse_http_date(&response.headers["date"]).is_ok());
}

#[tokio::test]
async fn an_error_has_the_service_s_form() {
    let emulator = emulator().await;
    let response = get(&emulator, CLIENT_ID).without_parameter("ClientId").send().await;
    response.assert_refused(400, "MissingClientId");
    let body = response.json();
    let request_id = body["RequestId"].as_str().unwrap();
    assert_eq!(response.headers["x-acs-request-id"], request_id);
    assert_eq!(body["HostId"], emulator.address().to_string());
    assert_eq!(body["Message"], "ClientId is mandatory for this action.");
    let recommend = format!("https://api.aliyun.com/troubleshoot?q=MissingClientId&requestId={request_id}");
    assert_eq!(body["Recommend"], recommend);
    assert_eq!(response.headers["content-type"], "application/json;charset=utf-8");
    assert!(response.headers.contains_key("date"));
}

#[tokio::test]
async fn any_client_id_is_understood_as_it_was_signed() {
    let emulator = emulator().await;
    for client_id in ["GID_设备@@@传感器-01", "GID_t@@@😀", "a~b*c+d", "two words", "/%?#&=", "GID_t@@@!'()"] {
        let credential = get(&emulator, client_id).send().await.credential();
        assert_eq!(credential["ClientId"], client_id);
    }
}

#[tokio::test]
async fn a_space_may_come_as_a_plus() {
    let emulator = emulator().await;
    let mut request = get(&emulator, "two words").sign();
    request.line = request.line.replace("%20", "+");
    assert_eq!(request.send().await.credential()["ClientId"], "two words");
}

#[tokio::test]
async fn parameters_may_come_in_a_form() {
    let emulator = emulator().await;
    let request = get(&emulator, CLIENT_ID).with_form().sign();
    assert!(request.line.starts_with("POST / "));
    assert_eq!(request.send().await.credential()["ClientId"], CLIENT_ID);
}

#[tokio::test]
async fn more_headers_may_be_signed() {
    let emulator = emulator().await;
    let request = get(&emulator, CLIENT_ID).header("accept", "application/json").header("user-agent", "some (thing) 1");
    request.send().await.assert_ok();
}

#[tokio::test]
async fn the_host_need_not_be_signed() {
    let emulator = emulator().await;
    get(&emulator, CLIENT_ID).unsigned("host").send().await.assert_ok();
}

#[tokio::test]
async fn the_operation_is_checked() {
    let emulator = emulator().await;
    let get = || get(&emulator, CLIENT_ID);
    get().header("x-acs-action", "GetNothing").send().await.assert_refused(404, "InvalidAction.NotFound");
    get().without_header("x-acs-action").send().await.assert_refused(400, "MissingAction");
    get().header("x-acs-version", "2019-01-01").send().await.assert_refused(400, "InvalidVersion");
    get().without_header("x-acs-version").send().await.assert_refused(400, "MissingVersion");
    get().method("GET").send().await.assert_refused(400, "UnsupportedHTTPMethod");
    get().method("PUT").send().await.assert_refused(400, "UnsupportedHTTPMethod");
    get().path("/elsewhere").send().await.assert_refused(404, "InvalidApi.NotFound");
    get().parameter("Format", "YAML").send().await.assert_refused(400, "InvalidParameter.Format");
}

#[tokio::test]
async fn what_is_not_signed_is_incomplete() {
    let emulator = emulator().await;
    let get = || get(&emulator, CLIENT_ID);
    for header in ["x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"] {
        let response = get().unsigned(header).send().await;
        response.assert_refused(400, "IncompleteSignature");
        assert!(response.message().contains(header), "{}", response.message());
    }
    let unsigned = get().sign().without_header("authorization");
    unsigned.send().await.assert_refused(400, "IncompleteSignature");
    let unreadable = get().sign().header("authorization", "Bearer something");
    unreadable.send().await.assert_refused(400, "IncompleteSignature");
    let dropped = get().header("accept", "application/json").sign().without_header("accept");
    dropped.send().await.assert_refused(400, "IncompleteSignature");
}

#[tokio::test]
async fn a_token_must_be_signed_too() {
    let emulator = Emulator::builder().access_key_with_token("sts", "s", "token").start().await.unwrap();
    let get = || get(&emulator, CLIENT_ID).key("sts", "s").token("token");
    get().send().await.assert_ok();
    for header in ["x-acs-security-token", "x-acs-accesskey-id"] {
        let response = get().unsigned(header).send().await;
        response.assert_refused(400, "IncompleteSignature");
        assert!(response.message().contains(header), "{}", response.message());
    }
}

#[tokio::test]
async fn keys_and_tokens_must_belong_together() {
    let builder = Emulator::builder().access_key(ID, SECRET);
    let builder = builder.access_key_with_token("sts-1", "s1", "t1").access_key_with_token("sts-2", "s2", "t2");
    let emulator = builder.start().await.unwrap();
    let get = |id, secret| get(&emulator, CLIENT_ID).key(id, secret);
    get("sts-1", "s1").token("t1").send().await.assert_ok();
    get("nobody", "s").send().await.assert_refused(404, "InvalidAccessKeyId.NotFound");
    get("sts-1", "s1").send().await.assert_refused(400, "MissingSecurityToken");
    get("sts-1", "s1").token("t9").send().await.assert_refused(400, "InvalidSecurityToken.Malformed");
    get("sts-1", "s1").token("t2").send().await.assert_refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
    get(ID, SECRET).token("t1").send().await.assert_refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
}

#[tokio::test]
async fn the_time_must_be_readable_and_near() {
    let emulator = emulator().await;
    let get = |date: &str| get(&emulator, CLIENT_ID).header("x-acs-date", date);
    let off_by = |minutes: u64| Duration::from_secs(minutes * 60);
    let now = SystemTime::now();
    get(&timestamp(now - off_by(14))).send().await.assert_ok();
    get(&timestamp(now + off_by(14))).send().await.assert_ok();
    get(&timestamp(now - off_by(16))).send().await.assert_refused(400, "InvalidTimeStamp.Expired");
    get(&timestamp(now + off_by(16))).send().await.assert_refused(400, "InvalidTimeStamp.Expired");
    get("yesterday").send().await.assert_refused(400, "InvalidTimeStamp.Format");
    get("").without_header("x-acs-date").send().await.assert_refused(400, "MissingTimestamp");
}

#[tokio::test]
async fn a_shifted_clock_decides_and_is_in_date() {
    let hours = 8;
    let emulator = Emulator::builder().access_key(ID, SECRET).clock_offset(-hours * 3600).start().await.unwrap();
    let response = get(&emulator, CLIENT_ID).send().await;
    response.assert_refused(400, "InvalidTimeStamp.Expired");
    let server_time = httpdate::parse_http_date(&response.headers["date"]).unwrap();
    let behind = SystemTime::now().duration_since(server_time).unwrap();
    assert_eq!((behind.as_secs() + 1800) / 3600, 8);
    get(&emulator, CLIENT_ID).header("x-acs-date", &timestamp(server_time)).send().await.assert_ok();
}

#[tokio::test]
async fn a_signature_that_differs_shows_the_service_s_side() {
    let emulator = emulator().await;
    let request = get(&emulator, CLIENT_ID).key(ID, "another secret").sign();
    let response = request.send().await;
    response.assert_refused(400, "SignatureDoesNotMatch");
    let message = response.message();
    let begin = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n";
    assert!(message.starts_with(begin), "{message}");
    let canonical =
        "server CanonicalRequest is [POST\n/\nClientId=GID_demo%40%40%40device-1&InstanceId=post-cn-demo\nhost:";
    assert!(message.contains(canonical) && message.ends_with(']'), "{message}");
}

/// Every change after signing is detected.
#[tokio::test]
async fn nothing_signed_may_change_on_the_way() {
    let emulator = emulator().await;
    let signed = || get(&emulator, CLIENT_ID).header("accept", "application/json").sign();
    let refused = async |request: Request| request.send().await.assert_refused(400, "SignatureDoesNotMatch");
    let on_the_wire = |from: &str, to: &str| {
        let request = signed();
        Request { line: request.line.replace(from, to), ..request }
    };
    refused(on_the_wire("device-1", "device-2")).await;
    refused(on_the_wire("/?", "/?Extra=1&")).await;
    refused(on_the_wire("GetDevice", "RegisterDevice").header("x-acs-action", "RegisterDeviceCredential")).await;
    refused(signed().header("accept", "*/*")).await;
    refused(signed().header("host", &format!("localhost:{}", emulator.address().port()))).await;
    refused(signed().header("x-acs-signature-nonce", "another")).await;
    refused(Request { body: "x".to_owned(), ..signed() }).await;
}

#[tokio::test]
async fn the_hash_must_be_that_of_the_body() {
    let emulator = emulator().await;
    // This header is signed, and so is the true hash of the body on the last line.
    let wrong = "e".repeat(64);
    let request = get(&emulator, CLIENT_ID).header("x-acs-content-sha256", &wrong);
    request.send().await.assert_refused(400, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_nonce_serves_once_and_only_a_good_signature_uses_it_up() {
    let emulator = emulator().await;
    let get = |secret| get(&emulator, CLIENT_ID).header("x-acs-signature-nonce", "n").key(ID, secret);
    get("wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    get(SECRET).send().await.assert_ok();
    get(SECRET).send().await.assert_refused(400, "SignatureNonceUsed");
    get(SECRET).without_header("x-acs-signature-nonce").send().await.assert_refused(400, "MissingSignatureNonce");
}

#[tokio::test]
async fn a_query_that_is_not_encoded_is_refused() {
    let emulator = emulator().await;
    for query in ["ClientId=%zz", "ClientId=%ff"] {
        let mut request = Acs3::new(&emulator, "GetDeviceCredential").sign();
        request.line = format!("POST /?{query} HTTP/1.1");
        request.send().await.assert_refused(400, "InvalidParameter");
    }
}

#[tokio::test]
async fn a_body_beyond_all_need_is_refused() {
    let emulator = emulator().await;
    let request = Request { body: "x".repeat(64 * 1024 + 1), ..get(&emulator, CLIENT_ID).sign() };
    request.send().await.assert_refused(400, "InvalidParameter");
}
