//! Tests devices that fail.

mod common;

use std::time::Duration;

use common::{Acs3, ID, LIMIT, Response, SECRET, emulator, get};
use devcred_emulator::{CallEnd, Emulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_code_comes_as_often_as_the_name_says_then_one_success() {
    let emulator = emulator().await;
    let mut responses = Vec::new();
    for _ in 0..6 {
        let response = get(&emulator, "GID_x@@@fault-Throttling.User-2").send().await;
        responses.push((response.status, response.code()));
    }
    let refused = || (400, "Throttling.User".to_owned());
    let success = || (200, String::new());
    assert_eq!(responses, [refused(), refused(), success(), refused(), refused(), success()]);
}

#[tokio::test]
async fn a_code_without_a_number_comes_always_with_its_status() {
    let emulator = emulator().await;
    for (code, status) in
        [("SystemOverFlow", 500), ("ApiNotSupport", 404), ("ServiceUnavailable", 503), ("New.Code", 400)]
    {
        for _ in 0..3 {
            get(&emulator, &format!("GID_x@@@fault-{code}")).send().await.assert_refused(status, code);
        }
    }
}

#[tokio::test]
async fn only_a_request_that_passes_every_check_counts() {
    let emulator = emulator().await;
    let get = || get(&emulator, "GID_x@@@fault-InternalError-1");
    get().key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    get().send().await.assert_refused(500, "InternalError");
    get().send().await.assert_ok();
}

#[tokio::test]
async fn every_operation_on_the_device_fails() {
    let emulator = emulator().await;
    let register = Acs3::new(&emulator, "RegisterDeviceCredential");
    let register = register.parameter("ClientId", "GID_x@@@fault-InternalError").parameter("InstanceId", "i");
    register.send().await.assert_refused(500, "InternalError");
}

#[tokio::test]
async fn a_failing_device_must_be_configured_if_devices_are() {
    let builder = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@fault-InternalError");
    let emulator = builder.start().await.unwrap();
    get(&emulator, "GID_x@@@fault-InternalError").send().await.assert_refused(500, "InternalError");
    get(&emulator, "GID_x@@@fault-close").send().await.assert_refused(400, "DeviceCredentialNotFound");
}

#[tokio::test]
async fn close_ends_the_connection_without_a_response() {
    let emulator = emulator().await;
    let mut stream = get(&emulator, "GID_x@@@fault-close").sign().send_unread().await;
    assert!(Response::read(&mut stream).await.is_none());
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    let call = emulator.calls().pop().unwrap();
    assert_eq!((call.end, call.status, call.code), (Some(CallEnd::EmulatorClosed), None, None));
}

/// Bytes after the request must not keep the connection open.
#[tokio::test]
async fn close_ends_a_connection_with_another_request_on_it() {
    let emulator = emulator().await;
    let mut request = get(&emulator, "GID_x@@@fault-close").sign();
    request.body = get(&emulator, "GID_x@@@a").sign().text();
    let text = request.text().replace(&format!("content-length: {}", request.body.len()), "content-length: 0");
    let mut stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    assert!(Response::read(&mut stream).await.is_none());
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    assert_eq!(emulator.calls().len(), 1);
}

#[tokio::test]
async fn hang_stays_unanswered_until_the_client_gives_up() {
    let emulator = emulator().await;
    let stream = get(&emulator, "GID_x@@@fault-hang").sign().send_unread().await;
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    let call = emulator.calls().pop().unwrap();
    assert_eq!((call.end, call.status, call.duration), (None, None, None));
    assert_eq!(emulator.open_connections(), 1);

    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.calls().all(|call| call.end.is_some())).await.unwrap();
    let call = emulator.calls().pop().unwrap();
    assert_eq!((call.end, call.status), (Some(CallEnd::ClientClosed), None));
    assert!(call.duration.is_some());
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
}

#[tokio::test]
async fn slow_delays_the_response() {
    let emulator = emulator().await;
    get(&emulator, "GID_x@@@fault-slow-20").send().await.assert_ok();
    let call = emulator.calls().pop().unwrap();
    assert_eq!((call.end, call.status), (Some(CallEnd::Answered), Some(200)));
    assert!(call.duration.unwrap() >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_call_that_hangs_when_the_emulator_stops_was_ended_by_it() {
    let emulator = emulator().await;
    let mut finished = emulator.finished_calls();
    let mut stream = get(&emulator, "GID_x@@@fault-hang").sign().send_unread().await;
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    emulator.shutdown().await;
    assert_eq!(finished.next().await.unwrap().end, Some(CallEnd::EmulatorClosed));
    assert!(finished.next().await.is_none());
    assert!(Response::read(&mut stream).await.is_none());
}

#[tokio::test]
async fn a_lost_response_is_that_of_an_operation_that_was_executed() {
    let builder = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@other");
    let emulator = builder.start().await.unwrap();
    let lost = "GID_x@@@fault-lost-1";
    let call = |action| Acs3::new(&emulator, action).parameter("ClientId", lost).parameter("InstanceId", "i");
    let mut stream = call("RegisterDeviceCredential").sign().send_unread().await;
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK") && response.ends_with("\r\n\r\n"), "{response}");
    assert_eq!((emulator.billed(), emulator.calls().pop().unwrap().end), (1, Some(CallEnd::EmulatorClosed)));
    let credential = call("GetDeviceCredential").send().await.credential();
    let secret = emulator.device_access_key_secret("i", lost);
    assert_eq!(credential["DeviceAccessKeySecret"].as_str(), secret.as_deref());
}
