//! A key that is replaced on a live client.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use common::{LIMIT, answer, builder, builder_for, head};
use devcred::{AccessKey, ErrorKind};
use devcred_emulator::{Emulator, SecurityTokenPresented};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

fn key(number: usize) -> AccessKey {
    AccessKey::new(format!("STS.{number}"), format!("s3cr3t-{number}"))
        .and_then(|key| key.with_security_token(format!("t0k3n-{number}")))
        .unwrap()
}

async fn emulator_with_keys(count: usize) -> Emulator {
    let builder = (0..count).fold(Emulator::builder(), |builder, n| {
        builder.access_key_with_token(format!("STS.{n}"), format!("s3cr3t-{n}"), format!("t0k3n-{n}"))
    });
    builder.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id_secret_and_token_are_replaced_together() {
    const KEYS: usize = 20;
    let emulator = emulator_with_keys(KEYS).await;
    let client = builder_for(&emulator).access_key(key(0)).max_requests_per_second(100_000).build().unwrap();
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for call in 0..50 {
                    let id = format!("GID_test@@@{caller}-{call}");
                    client.get_device_credential(id).await.unwrap();
                }
            })
        })
        .collect();
    for number in 1..KEYS {
        // Each key is used before the next one replaces it.
        let seen = format!("STS.{}", number - 1);
        let replaced = |journal: &devcred_emulator::Journal| {
            journal.calls().any(|call| call.access_key_id.as_deref() == Some(seen.as_str()))
        };
        emulator.wait_for(LIMIT, replaced).await.unwrap();
        client.set_access_key(key(number)).unwrap();
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let calls = emulator.calls();
    assert_eq!(calls.len(), 400);
    assert!(calls.iter().all(|call| call.code.is_none() && call.security_token == SecurityTokenPresented::Matches));
}

#[tokio::test]
async fn a_bad_key_is_refused_and_the_old_one_stays() {
    let emulator = emulator_with_keys(1).await;
    let client = builder_for(&emulator).access_key(key(0)).build().unwrap();
    for bad in [AccessKey::new("STS.0", "s3cr3t\n"), AccessKey::new("", "s3cr3t"), key(0).with_security_token("")] {
        let refused = bad.and_then(|key| client.set_access_key(key)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidParameter);
    }
    client.get_device_credential("GID_test@@@test").await.unwrap();
}

#[tokio::test]
async fn every_clone_has_the_new_key() {
    let emulator = emulator_with_keys(2).await;
    let client = builder_for(&emulator).access_key(key(0)).build().unwrap();
    let clone = client.clone();
    client.set_access_key(key(1)).unwrap();
    clone.get_device_credential("GID_test@@@test").await.unwrap();
    assert_eq!(emulator.calls()[0].access_key_id.as_deref(), Some("STS.1"));
}

/// The server answers the first request after the key was replaced, and refuses its token.
#[tokio::test]
async fn an_attempt_that_was_refused_for_a_replaced_key_is_retried_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let expired = answer("400 x", &["Connection: close"], br#"{"Code":"InvalidSecurityToken.Expired","Message":"m"}"#);
    let (arrived, first_arrived) = oneshot::channel();
    let (replaced, key_replaced) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let first = head(&mut socket).await;
        arrived.send(()).unwrap();
        key_replaced.await.unwrap();
        socket.write_all(&expired).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let second = head(&mut socket).await;
        socket.write_all(&expired).await.unwrap();
        [first, second]
    });
    let client = builder().endpoint(format!("http://{address}")).access_key(key(0)).max_attempts(1).build().unwrap();
    let call = tokio::spawn(client.get_device_credential("GID_test@@@test").into_future());
    first_arrived.await.unwrap();
    client.set_access_key(key(1)).unwrap();
    replaced.send(()).unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 2));
    assert!(error.advice().unwrap().contains("set_access_key"), "{error}");
    let [first, second] = server.await.unwrap();
    assert!(first.contains("Credential=STS.0,") && second.contains("Credential=STS.1,"));
}

#[tokio::test]
async fn a_wrong_secret_is_distinguished_from_a_changed_request() {
    let emulator = Emulator::builder().access_key("LTAI-id", "right").start().await.unwrap();
    for signature in [devcred::SignatureMethod::Acs3HmacSha256, devcred::SignatureMethod::HmacSha1] {
        let wrong = AccessKey::new("LTAI-id", "wrong-s3cr3t").unwrap();
        let client = builder_for(&emulator).access_key(wrong).signature(signature).build().unwrap();
        let error = client.get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Authentication, Some("SignatureDoesNotMatch")));
        assert!(error.advice().unwrap().ends_with("the AccessKey secret is wrong."), "{error}");
        assert!(!error.to_string().contains("wrong-s3cr3t"), "{error}");
    }
}
