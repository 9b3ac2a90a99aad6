//! Tests what steps do to the first requests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant, SystemTime};

use common::{Acs3, ID, LIMIT, Response, SECRET, get};
use devcred_emulator::{CallEnd, Emulator, Step, internal};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

const CLIENT_ID: &str = "GID_demo@@@device-1";

async fn emulator<const N: usize>(steps: [&str; N]) -> Emulator {
    let steps = steps.map(|step| step.parse::<Step>().unwrap());
    Emulator::builder().access_key(ID, SECRET).steps(steps).start().await.unwrap()
}

async fn send(emulator: &Emulator) -> Response {
    get(emulator, CLIENT_ID).send().await
}

/// Returns how the journal describes the last call.
fn end(emulator: &Emulator) -> (Option<CallEnd>, Option<u16>, Option<String>) {
    let call = emulator.calls().pop().unwrap();
    (call.end, call.status, call.code)
}

/// Splits a response into head and body.
fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(bytes[..end].to_vec()).unwrap(), &bytes[end + 4..])
}

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[tokio::test]
async fn steps_run_in_order_and_then_the_service_responds() {
    let emulator =
        emulator([r#"{"status": 500, "code": "Throttling.User"}"#, r#"{"answer": "credential"}"#, r#"{"code": "A"}"#])
            .await;
    send(&emulator).await.assert_refused(500, "Throttling.User");
    let credential = send(&emulator).await.credential();
    send(&emulator).await.assert_refused(400, "A");
    assert_eq!(send(&emulator).await.credential(), credential);
    assert_eq!(emulator.billed(), 2);
}

#[tokio::test]
async fn a_wrong_request_is_refused_and_leaves_its_step_to_the_next() {
    let emulator = emulator([r#"{"code": "InternalError"}"#]).await;
    get(&emulator, CLIENT_ID).key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    get(&emulator, "").send().await.assert_refused(400, "InvalidParameter.ClientId");
    send(&emulator).await.assert_refused(500, "InternalError");
    send(&emulator).await.assert_ok();
}

#[tokio::test]
async fn steps_override_the_fault_of_a_device_name() {
    let emulator = emulator([r#"{"code": "InternalError"}"#]).await;
    let get = || get(&emulator, "GID_x@@@fault-SystemOverFlow-1");
    get().send().await.assert_refused(500, "InternalError");
    get().send().await.assert_refused(500, "SystemOverFlow");
    get().send().await.assert_ok();
}

#[tokio::test]
async fn steps_that_do_not_end_come_after_the_scripted_ones() {
    let mut count = 0;
    let next = move || {
        count += 1;
        (count % 2 == 0).then(|| r#"{"code": "Throttling.User"}"#.parse().unwrap())
    };
    let builder = Emulator::builder().access_key(ID, SECRET).steps([r#"{"code": "InternalError"}"#.parse().unwrap()]);
    let emulator = internal::with_endless_steps(builder, next).start().await.unwrap();
    send(&emulator).await.assert_refused(500, "InternalError");
    for _ in 0..3 {
        send(&emulator).await.assert_ok();
        send(&emulator).await.assert_refused(400, "Throttling.User");
    }
}

#[tokio::test]
async fn a_code_has_the_status_of_the_documents_and_the_service_s_form() {
    let emulator = emulator([r#"{"code": "ApiNotSupport"}"#, r#"{"code": "New", "message": "m"}"#]).await;
    let response = send(&emulator).await;
    response.assert_refused(404, "ApiNotSupport");
    assert_eq!(response.headers["x-acs-request-id"], response.json()["RequestId"].as_str().unwrap());
    assert_eq!(end(&emulator), (Some(CallEnd::Answered), Some(404), Some("ApiNotSupport".to_owned())));
    let response = send(&emulator).await;
    response.assert_refused(400, "New");
    assert_eq!(response.message(), "m");
}

#[tokio::test]
async fn bodies_statuses_and_headers_are_as_the_step_says() {
    let emulator = emulator([
        r#"{"status": 502, "body": "<html>", "headers": {"content-type": "text/html", "Retry-After": "3"}}"#,
        r#"{"body": "{}"}"#,
        r#"{"status": 503}"#,
        r#"{"answer": "credential", "status": 400, "headers": {"date": null, "x-acs-request-id": null}}"#,
    ])
    .await;
    let response = send(&emulator).await;
    assert_eq!((response.status, response.text.as_str()), (502, "<html>"));
    assert_eq!(
        (response.headers["content-type"].as_str(), response.headers["retry-after"].as_str()),
        ("text/html", "3")
    );
    assert!(response.headers.contains_key("date") && response.headers.contains_key("x-acs-request-id"));
    assert_eq!(end(&emulator), (Some(CallEnd::Answered), Some(502), None));
    let response = send(&emulator).await;
    assert_eq!((response.status, response.text.as_str()), (200, "{}"));
    let response = send(&emulator).await;
    assert_eq!((response.status, response.text.as_str()), (503, ""));
    let response = send(&emulator).await;
    assert_eq!((response.status, &response.json()["DeviceCredential"]["ClientId"]), (400, &json!(CLIENT_ID)));
    assert!(!response.headers.contains_key("date") && !response.headers.contains_key("x-acs-request-id"));
    assert_eq!(emulator.billed(), 1);
}

#[tokio::test]
async fn a_patch_changes_the_response_and_not_the_credential() {
    let emulator = emulator([
        r#"{"patch": {"DeviceCredential": {"ClientId": "x", "UpdateTime": null, "Extra": {"a": null, "b": 1}}}}"#,
        r#"{"answer": "credential", "patch": {"DeviceCredential": null, "RequestId": ["r"]}}"#,
    ])
    .await;
    let mut patched = send(&emulator).await.credential();
    assert_eq!(send(&emulator).await.assert_ok(), json!({"RequestId": ["r"]}));
    let credential = send(&emulator).await.credential();
    assert_eq!((&patched["ClientId"], &patched["Extra"]), (&json!("x"), &json!({"b": 1})));
    assert!(patched["UpdateTime"].is_null());
    let members = patched.as_object_mut().unwrap();
    members.remove("Extra");
    members.insert("ClientId".to_owned(), json!(CLIENT_ID));
    members.insert("UpdateTime".to_owned(), credential["UpdateTime"].clone());
    assert_eq!(patched, credential);
    assert_eq!(emulator.billed(), 3);
}

#[tokio::test]
async fn an_error_is_not_patched() {
    let emulator = emulator([r#"{"patch": {"Code": "x"}}"#]).await;
    let unregister = || Acs3::new(&emulator, "UnRegisterDeviceCredential").parameter("ClientId", CLIENT_ID);
    let unregister = || unregister().parameter("InstanceId", "i").send();
    unregister().await.assert_ok();
    unregister().await.assert_refused(400, "DeviceCredentialNotFound");
    assert_eq!(emulator.billed(), 1);
}

#[tokio::test]
async fn close_and_reset_leave_a_call_without_a_response() {
    let emulator = emulator([r#"{"close": true}"#, r#"{"reset": true}"#]).await;
    let unanswered = (Some(CallEnd::EmulatorClosed), None, None);
    let (read, closed) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    assert_eq!((read.len(), closed.unwrap()), (0, 0));
    assert_eq!(end(&emulator), unanswered);
    let (read, reset) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    assert_eq!((read.len(), reset.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
    assert_eq!(end(&emulator), unanswered);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    assert_eq!(emulator.billed(), 0);
}

#[tokio::test]
async fn hang_never_responds() {
    let emulator = emulator([r#"{"hang": true}"#]).await;
    let stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    send(&emulator).await.assert_ok();
    assert_eq!(emulator.calls()[0].end, None);
    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    assert_eq!(emulator.calls()[0].end, Some(CallEnd::ClientClosed));
}

#[tokio::test]
async fn raw_bytes_replace_the_whole_response() {
    let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    let step = json!({"raw": bytes}).to_string();
    let emulator = emulator([step.as_str()]).await;
    let (read, end_of_it) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    end_of_it.unwrap();
    assert_eq!(String::from_utf8(read).unwrap(), bytes);
    assert_eq!(end(&emulator), (Some(CallEnd::Answered), None, None));
}

#[tokio::test]
async fn raw_bytes_can_be_repeated() {
    let repeat = json!({"before": "HTTP/1.1 200 OK\r\n", "text": "x: y\r\n", "times": 1 << 20});
    let emulator = emulator([json!({"raw_repeat": repeat}).to_string().as_str()]).await;
    let (read, _) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    assert_eq!(read.len(), 17 + (6 << 20));
}

#[tokio::test]
async fn a_redirect_points_to_a_listener_that_counts_connections() {
    let emulator = emulator([r#"{"redirect": 307}"#]).await;
    let response = send(&emulator).await;
    assert_eq!((response.status, response.text.as_str()), (307, ""));
    let location = response.headers["location"].strip_prefix("http://").unwrap().strip_suffix('/').unwrap();
    assert_ne!(location, emulator.address().to_string());
    assert_eq!(emulator.redirect_connections(), 0);
    let mut stream = tokio::net::TcpStream::connect(location).await.unwrap();
    assert!(Response::read(&mut stream).await.is_none());
    assert_eq!(emulator.redirect_connections(), 1);
}

#[tokio::test]
async fn truncate_sends_less_than_its_content_length() {
    let emulator = emulator([r#"{"truncate": 10}"#, r#"{"truncate": 0, "body": "text"}"#]).await;
    let (read, end_of_it) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    end_of_it.unwrap();
    let (head, body) = split(&read);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("\r\nx-acs-request-id: "), "{head}");
    let announced: usize = head.split_once("content-length: ").unwrap().1.lines().next().unwrap().parse().unwrap();
    assert_eq!(body.len(), 10);
    assert!(announced > 100 && body.starts_with(b"{\"DeviceC"), "{announced} {head}");
    assert_eq!(end(&emulator), (Some(CallEnd::EmulatorClosed), Some(200), None));

    let (read, _) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    let (head, body) = split(&read);
    assert!(head.contains("content-length: 4") && body.is_empty(), "{head}");
}

#[tokio::test]
async fn delay_comes_before_anything() {
    let emulator = emulator([r#"{"delay_ms": 30}"#, r#"{"close": true, "delay_ms": 30}"#]).await;
    send(&emulator).await.assert_ok();
    get(&emulator, CLIENT_ID).sign().read_to_end().await.1.unwrap();
    for call in emulator.calls() {
        assert!(call.duration.unwrap() >= Duration::from_millis(30), "{call:?}");
    }
}

#[tokio::test]
async fn the_clock_jumps_for_the_requests_that_follow() {
    let emulator = emulator([r#"{"clock_jump_s": 3600}"#]).await;
    let date = |response: &Response| httpdate::parse_http_date(&response.headers["date"]).unwrap();
    assert!(date(&send(&emulator).await) < SystemTime::now() + Duration::from_secs(60));
    let ahead = send(&emulator).await;
    assert_eq!(ahead.json()["Code"], "InvalidTimeStamp.Expired");
    assert!(date(&ahead) > SystemTime::now() + Duration::from_secs(3000));
}

#[tokio::test]
async fn drip_writes_head_and_body_byte_by_byte() {
    let emulator = emulator([r#"{"body": "text", "drip_ms": 1}"#, r#"{"raw": "0123456789", "drip_ms": 1}"#]).await;
    let started = Instant::now();
    let (read, end_of_it) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    end_of_it.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(read.len() as u64));
    let (head, body) = split(&read);
    assert!(head.contains("content-length: 4") && head.contains("connection: close"), "{head}");
    assert_eq!(body, b"text");
    assert_eq!(end(&emulator), (Some(CallEnd::Answered), Some(200), None));

    let started = Instant::now();
    assert_eq!(get(&emulator, CLIENT_ID).sign().read_to_end().await.0, b"0123456789");
    assert!(started.elapsed() >= Duration::from_millis(10));
}

#[tokio::test]
async fn a_drip_ends_when_the_client_is_gone() {
    let step = json!({"body_repeat": {"text": "x", "times": 1u64 << 40}, "drip_ms": 1}).to_string();
    let emulator = emulator([step.as_str()]).await;
    let stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    emulator.wait_for(LIMIT, |journal| journal.calls().any(|call| call.end.is_some())).await.unwrap();
    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
}

#[tokio::test]
async fn a_long_body_is_generated_by_the_emulator() {
    let nested = json!({"before": r#"{"DeviceCredential":"#, "text": "[", "times": 30_000});
    let emulator = emulator([
        json!({"body_repeat": {"text": "0123456789abcdef", "times": 4 << 20, "after": "end"}}).to_string().as_str(),
        json!({"body_repeat": nested}).to_string().as_str(),
        json!({"body_repeat": nested, "headers": {"transfer-encoding": "chunked"}}).to_string().as_str(),
    ])
    .await;
    let get = || get(&emulator, CLIENT_ID).header("connection", "close").sign();
    let (read, _) = get().read_to_end().await;
    let (head, body) = split(&read);
    assert!(head.contains(&format!("content-length: {}", (64 << 20) + 3)), "{head}");
    assert!(body.len() == (64 << 20) + 3 && body.ends_with(b"defend"));
    let (read, _) = get().read_to_end().await;
    let (head, body) = split(&read);
    assert!(head.contains("content-length: 30020") && body.ends_with(b"[[["), "{head}");
    let (read, _) = get().read_to_end().await;
    let (head, body) = split(&read);
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
    assert!(body.ends_with(b"\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn gzip_compresses_the_body_and_sets_the_header() {
    let emulator = emulator([
        r#"{"answer": "credential", "gzip": true}"#,
        r#"{"code": "InternalError", "gzip": true}"#,
        json!({"body_repeat": {"text": "00000000", "times": 1 << 19}, "gzip": true}).to_string().as_str(),
    ])
    .await;
    let mut plain = Vec::new();
    for status in ["200 OK", "500 Internal Server Error"] {
        let (read, _) = get(&emulator, CLIENT_ID).header("connection", "close").sign().read_to_end().await;
        let (head, body) = split(&read);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        assert!(head.contains("\r\ncontent-encoding: gzip\r\n") && head.contains("\r\ncontent-length: "), "{head}");
        plain.push(serde_json::from_slice::<Value>(&unzipped(body)).unwrap());
    }
    assert_eq!(plain[0]["DeviceCredential"]["ClientId"], CLIENT_ID);
    assert_eq!(plain[1]["Code"], "InternalError");

    let (read, _) = get(&emulator, CLIENT_ID).header("connection", "close").sign().read_to_end().await;
    let (head, body) = split(&read);
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n") && head.contains("chunked"), "{head}");
    assert!(body.len() < 64 << 10 && body.windows(2).any(|magic| magic == [0x1F, 0x8B]), "{}", body.len());
}

#[tokio::test]
async fn bytes_around_a_response_keep_the_connection_open() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let step = json!({"body": "text", "status": 201, "raw_before": interim, "raw_after": "surplus"}).to_string();
    let emulator = emulator([step.as_str(), r#"{"raw": "HTTP/1.1 204 X\r\n\r\n", "close_after_ms": 60000}"#]).await;
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    let mut read = Vec::new();
    while !read.ends_with(b"surplus") {
        assert_ne!(timeout(LIMIT, stream.read_buf(&mut read)).await.unwrap().unwrap(), 0, "{read:?}");
    }
    let read = String::from_utf8(read).unwrap();
    assert!(read.starts_with(&format!("{interim}HTTP/1.1 201 Created\r\n")), "{read}");
    assert!(read.contains("content-length: 4\r\n") && read.ends_with("\r\n\r\ntextsurplus"), "{read}");
    assert!(!read.contains("connection"), "{read}");
    assert_eq!(end(&emulator), (Some(CallEnd::Answered), Some(201), None));

    let again = get(&emulator, CLIENT_ID).sign();
    assert_eq!(again.send_over(&mut stream).await.status, 204);
    get(&emulator, CLIENT_ID).sign().send_over(&mut stream).await.assert_ok();
    assert_eq!(emulator.accepted_connections(), 1);
}

#[tokio::test]
async fn bytes_may_come_on_an_idle_connection() {
    let emulator = emulator([r#"{"body": "text", "raw_after": "later", "raw_after_ms": 50}"#]).await;
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    assert_eq!(Response::read(&mut stream).await.unwrap().text, "text");
    let mut read = [0; 5];
    timeout(LIMIT, stream.read_exact(&mut read)).await.unwrap().unwrap();
    assert_eq!(&read, b"later");
    get(&emulator, CLIENT_ID).sign().send_over(&mut stream).await.assert_ok();
}

#[tokio::test]
async fn a_connection_is_closed_when_it_has_been_idle() {
    let step = r#"{"answer": "credential", "close_after_ms": 50}"#.parse::<Step>().unwrap();
    let builder = Emulator::builder().access_key(ID, SECRET).steps([step]);
    let emulator = builder.read_timeout(2 * LIMIT).start().await.unwrap();
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    let response = Response::read(&mut stream).await.unwrap();
    assert!(!response.headers.contains_key("connection"));
    response.assert_ok();
    assert_eq!(timeout(LIMIT, stream.read_buf(&mut Vec::new())).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_body_may_be_any_bytes() {
    let emulator = emulator([r#"{"body_base64": "/wD+"}"#]).await;
    let (read, _) = get(&emulator, CLIENT_ID).header("connection", "close").sign().read_to_end().await;
    assert_eq!(split(&read).1, [0xFF, 0, 0xFE]);
}
