//! Slots of the rate limiter: who gets them, and when a wait for one is worth it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::{Duration, Instant};

use common::{answer, builder, builder_for, emulator, server};
use devcred::{AccessKey, Client, ErrorKind};
use devcred_emulator::Emulator;

/// A client that may send one request a second, with its burst of 10 used up.
async fn client_without_burst(emulator: &Emulator) -> Client {
    let client = builder_for(emulator).max_requests_per_second(1).build().unwrap();
    for _ in 0..10 {
        client.get_device_credential("GID_test@@@test").await.unwrap();
    }
    client
}

#[tokio::test]
async fn cancelled_calls_hold_up_no_other() {
    let emulator = emulator().await;
    let client = client_without_burst(&emulator).await;
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_secs(3600));
            tokio::spawn(call.into_future())
        })
        .collect();
    // On one thread, every call has reserved its slot by now.
    tokio::task::yield_now().await;
    for call in &calls {
        call.abort();
    }
    for call in calls {
        assert!(call.await.unwrap_err().is_cancelled());
    }
    client.get_device_credential("GID_test@@@test").timeout(Duration::from_secs(10)).await.unwrap();
    assert_eq!(emulator.calls().len(), 11);
}

#[tokio::test]
async fn a_refusal_counts_the_calls_that_wait() {
    let emulator = emulator().await;
    let client = client_without_burst(&emulator).await;
    let refused = async || {
        let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_millis(900));
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.retryable()), (ErrorKind::Timeout, 0, true));
        let advice = "Make fewer calls at once, give them a longer timeout, or raise max_requests_per_second.";
        assert_eq!(error.advice(), Some(advice));
        error.message().to_owned()
    };
    let none_waits = "not sent: this client sends 1 requests a second and 0 calls are waiting";
    assert_eq!(refused().await, none_waits);
    let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_secs(3600));
    let waiting = tokio::spawn(call.into_future());
    tokio::task::yield_now().await;
    assert_eq!(refused().await, "not sent: this client sends 1 requests a second and 1 call is waiting");
    waiting.abort();
    waiting.await.unwrap_err();
    assert_eq!(refused().await, none_waits);
}

#[tokio::test]
async fn a_wait_that_ends_after_the_last_start_is_not_slept_through() {
    let (address, _heads) = server(vec![answer("503 x", &["Retry-After: 14"], b"")]).await;
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint(format!("http://{address}")).access_key(key).build().unwrap();
    let begun = Instant::now();
    let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_millis(14_800));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Service, 1));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
