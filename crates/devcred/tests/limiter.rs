//! Slots of the rate limiter: which calls get them, and when waiting for one is useless.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::{Duration, Instant};

use common::{answer, builder, builder_for, emulator, server};
use devcred::{AccessKey, Client, DeviceCredential, Error, ErrorKind};
use devcred_emulator::Emulator;
use tokio::task::JoinHandle;

type Calls = Vec<JoinHandle<Result<DeviceCredential, Error>>>;

/// Starts this many calls. On one thread, every one has reserved its slot when this returns.
async fn start(client: &Client, count: usize) -> Calls {
    let call = || client.get_device_credential("GID_test@@@test").timeout(Duration::from_secs(3600));
    let calls = (0..count).map(|_| tokio::spawn(call().into_future())).collect();
    tokio::task::yield_now().await;
    calls
}

async fn cancel(calls: Calls) {
    calls.iter().for_each(JoinHandle::abort);
    for call in calls {
        assert!(call.await.unwrap_err().is_cancelled());
    }
}

/// A client that may send one request a second, and the calls that use up its burst.
async fn client_without_burst(emulator: &Emulator) -> (Client, Calls) {
    let client = builder_for(emulator).max_requests_per_second(1).build().unwrap();
    let burst = start(&client, 10).await;
    (client, burst)
}

#[tokio::test]
async fn cancelled_calls_delay_no_other() {
    let emulator = emulator().await;
    let (client, burst) = client_without_burst(&emulator).await;
    cancel(start(&client, 1000).await).await;
    client.get_device_credential("GID_test@@@test").timeout(Duration::from_secs(10)).await.unwrap();
    for call in burst {
        call.await.unwrap().unwrap();
    }
    assert_eq!(emulator.calls().len(), 11);
}

#[tokio::test]
async fn a_refusal_counts_the_calls_that_wait() {
    let emulator = emulator().await;
    let (client, _burst) = client_without_burst(&emulator).await;
    let refused = async || {
        let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_millis(500));
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Timeout, 0, true));
        let advice = "Make fewer concurrent calls, use a longer timeout, or raise max_requests_per_second.";
        assert_eq!(error.advice(), Some(advice));
        error.message().to_owned()
    };
    let none_waits = "not sent: this client is limited to 1 requests a second, and 0 calls are waiting";
    assert_eq!(refused().await, none_waits);
    let waiting = start(&client, 1).await;
    assert_eq!(refused().await, "not sent: this client is limited to 1 requests a second, and 1 call is waiting");
    cancel(waiting).await;
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
