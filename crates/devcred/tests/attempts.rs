//! When an attempt is retried, and when a call ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use common::{INSTANCE_ID, answer, builder, builder_for, client_at, client_for, emulator, server};
use devcred::{AccessKey, ErrorKind};
use devcred_emulator::Emulator;
use tokio::net::TcpListener;

#[tokio::test]
async fn throttling_is_retried_with_a_new_nonce_and_a_missing_permission_is_not() {
    let emulator = Emulator::builder().instance(INSTANCE_ID).start().await.unwrap();
    let client = client_for(&emulator);
    client.get_device_credential("GID_test@@@fault-Throttling.User-2").await.unwrap();
    let nonces: HashSet<_> = emulator.calls().into_iter().map(|call| call.nonce).collect();
    assert_eq!((emulator.calls().len(), nonces.len()), (3, 3));

    emulator.clear_calls();
    let call = client.get_device_credential("GID_test@@@test").instance_id("post-cn-foreign");
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::PermissionDenied, 1, false));
    assert_eq!(error.code(), Some("InstancePermissionCheckFailed"));
    assert_eq!(emulator.calls().len(), 1);
}

#[tokio::test]
async fn attempts_end_and_the_error_contains_what_the_service_returned() {
    let emulator = emulator().await;
    let error = client_for(&emulator).get_device_credential("GID_test@@@fault-InternalError").await.unwrap_err();
    let last = emulator.calls().pop().unwrap();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Service, 3, true));
    assert_eq!((error.code(), error.http_status()), (Some("InternalError"), Some(500)));
    assert_eq!(error.request_id(), Some(last.request_id.as_str()));
    assert!(error.help_url().unwrap().starts_with("https://"));
    assert_eq!(emulator.calls().len(), 3);
}

#[tokio::test]
async fn a_connection_that_is_closed_without_a_response_is_retried() {
    let emulator = emulator().await;
    let error = client_for(&emulator).get_device_credential("GID_test@@@fault-close").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 3, true));
    assert!(error.message().contains("waiting for the response from 127.0.0.1:"), "{error}");
    assert!(error.message().ends_with("(attempt 3 of 3), possibly billed"), "{error}");
    assert_eq!(emulator.calls().len(), 3);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_and_stays_corrected() {
    for seconds in [-8 * 3600, 24 * 3600, -(50 * 365 * 24 * 3600)] {
        let emulator = Emulator::builder().clock_offset(seconds).start().await.unwrap();
        let client = builder_for(&emulator).max_attempts(1).build().unwrap();
        client.get_device_credential("GID_test@@@test").await.unwrap();
        assert_eq!(emulator.calls().len(), 2);
        client.get_device_credential("GID_test@@@test").await.unwrap();
        assert_eq!(emulator.calls().len(), 3);
    }
}

#[tokio::test]
async fn a_clock_that_cannot_be_corrected_is_reported() {
    let body = br#"{"Code":"InvalidTimeStamp.Expired","Message":"expired"}"#;
    for (header, advice) in [
        ("Date: Tue, 02 Jan 2024 03:04:05 GMT", "the service's clock reads 2024-01-02T03:04:05Z."),
        ("Date: yesterday", "the response has no valid Date header."),
    ] {
        let (address, _heads) = server(vec![answer("400 x", &[header], body), answer("400 x", &[header], body)]).await;
        let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(error.attempts(), if header.contains("GMT") { 2 } else { 1 });
        assert!(error.advice().unwrap().ends_with(advice), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_never_responds_does_not_delay_the_deadline() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).timeout(Duration::from_millis(300)).build().unwrap();
    let error = client.get_device_credential("GID_test@@@fault-hang").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Timeout, 1, true));
    assert_eq!(
        error.message(),
        format!(
            "timed out after 0.3 s waiting for the response from {} (attempt 1 of 3), possibly billed",
            emulator.address()
        )
    );
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_retried() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).attempt_timeout(Duration::from_millis(100)).max_attempts(2).build().unwrap();
    let error = client.get_device_credential("GID_test@@@fault-hang").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));
    assert!(error.message().starts_with("timed out after 0.1 s "), "{error}");
    assert_eq!(emulator.calls().len(), 2);
}

/// As with a name that has an IPv6 address without a route: RFC 8305.
#[tokio::test]
async fn an_address_that_never_responds_is_replaced_by_the_next() {
    let emulator = Emulator::builder().listen((Ipv6Addr::LOCALHOST, 0).into()).start().await.unwrap();
    let port = emulator.address().port();
    let silent = Emulator::builder().listen((Ipv4Addr::LOCALHOST, port).into()).black_hole().start().await.unwrap();
    let key = AccessKey::new(emulator.access_key_id(), emulator.access_key_secret()).unwrap();
    let client = builder().endpoint(format!("http://localhost:{port}")).access_key(key).max_attempts(1);
    client.build().unwrap().get_device_credential("GID_test@@@test").await.unwrap();
    assert_eq!((emulator.accepted_connections(), silent.accepted_connections()), (1, 0));
}

#[tokio::test]
async fn a_port_without_a_listener_refuses_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint(format!("http://{address}")).access_key(key).build().unwrap();
    let error = client.get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    assert_eq!(error.message(), format!("connecting to {address} failed: connection refused (attempt 3 of 3)"));
    assert_eq!(error.advice(), Some(format!("Is the emulator running at {address}?").as_str()));
}

#[tokio::test]
async fn a_proxy_that_requires_a_password_or_refuses_connect_is_named() {
    for (status, attempts, cause) in [("407 x", 1, "requires a user name"), ("502 x", 3, "refused the CONNECT")] {
        let (proxy, mut heads) = server(vec![answer(status, &[], b""); 3]).await;
        let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
        let client =
            builder().endpoint("https://service.test").access_key(key).proxy(format!("http://user:p4ss@{proxy}"));
        let error = client.build().unwrap().get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, attempts), "{error}");
        assert!(error.message().contains(&format!("through the proxy {proxy} failed")), "{error}");
        assert!(error.advice().unwrap().starts_with(&format!("The proxy {proxy}, set by proxy, {cause}")), "{error}");
        assert!(!error.to_string().contains("p4ss"), "{error}");
        let head = heads.recv().await.unwrap();
        assert!(head.starts_with("CONNECT service.test:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic "), "{head}");
    }
}

#[tokio::test]
async fn a_response_that_is_not_http_is_distinguished_from_a_truncated_one() {
    for (bytes, kind, cause) in [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), ErrorKind::InvalidResponse, "the response is not valid HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(), ErrorKind::Transport, "connection closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(), ErrorKind::Transport, "connection closed"),
    ] {
        let (address, _heads) = server(vec![bytes]).await;
        let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(cause), "{error}");
    }
}

#[test]
fn outside_a_runtime_a_call_is_an_error_and_no_panic() {
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint("http://127.0.0.1:1").access_key(key).build().unwrap();
    let mut call = client.get_device_credential("GID_test@@@test").into_future();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = call.as_mut().poll(&mut context) else { panic!("it waits") };
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Internal, 0));
    assert!(error.advice().unwrap().contains("new_current_thread"));
}
