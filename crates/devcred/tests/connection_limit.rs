//! How many connections a client opens, and what calls do that find all in use.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::{CREDENTIAL, LIMIT, answer, builder, builder_for, emulator, head};
use devcred::{AccessKey, Client, DeviceCredential, Error, ErrorKind};
use devcred_emulator::{Emulator, Journal, Step, Tls};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

type Call = JoinHandle<Result<DeviceCredential, Error>>;

fn start(client: &Client, client_id: &str) -> Call {
    tokio::spawn(client.get_device_credential(client_id).timeout(4 * LIMIT).into_future())
}

async fn succeed(calls: Vec<Call>) {
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

/// A server that answers requests once so many have arrived.
async fn server_for(together: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let barrier = Arc::new(Barrier::new(together));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                head(&mut socket).await;
                barrier.wait().await;
                socket.write_all(&answer("200 OK", &[], CREDENTIAL.as_bytes())).await
            });
        }
    });
    address
}

#[tokio::test]
async fn four_thousand_cold_calls_over_tls_share_a_hundred_connections() {
    let emulator = Emulator::builder().tls(Tls::Valid).start().await.unwrap();
    let client = builder_for(&emulator).root_certificates_pem(emulator.authority_pem().unwrap());
    let client = client.max_requests_per_second(1_000_000).max_attempts(1).build().unwrap();
    succeed((0..4096).map(|_| start(&client, "GID_test@@@test")).collect()).await;
    assert_eq!(emulator.calls().len(), 4096);
    let (accepted, peak) = (emulator.accepted_connections(), emulator.peak_connections());
    assert!(peak <= 100 && accepted <= 100, "{accepted} connections, {peak} at the same time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_in_several_threads_share_the_connections() {
    let emulator = emulator().await;
    let client =
        builder_for(&emulator).max_requests_per_second(1_000_000).max_attempts(1).max_connections(4).build().unwrap();
    for _ in 0..20 {
        succeed((0..100).map(|_| start(&client, "GID_test@@@test")).collect()).await;
    }
    assert_eq!(emulator.calls().len(), 2000);
    let (accepted, peak) = (emulator.accepted_connections(), emulator.peak_connections());
    assert!(peak <= 4 && accepted <= 4, "{accepted} connections, {peak} at the same time");
}

#[tokio::test]
async fn a_server_that_is_slow_to_answer_does_not_delay_the_next_connection() {
    let address = server_for(8).await;
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint(format!("http://{address}")).access_key(key).max_attempts(1);
    let client = client.max_connections(8).max_connecting(1).build().unwrap();
    succeed((0..8).map(|_| start(&client, "GID_test@@@test")).collect()).await;
}

#[tokio::test]
async fn a_call_that_gets_no_connection_in_time_says_so_and_sends_nothing() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_connections(1).build().unwrap();
    let _holder = start(&client, "GID_test@@@fault-hang");
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    let waiting = start(&client, "GID_test@@@test");
    tokio::task::yield_now().await;
    let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_millis(200));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Timeout, 0, true));
    assert_eq!(
        error.message(),
        "not sent: all connections that this client may have are in use (1), and 1 call is waiting"
    );
    assert_eq!(error.advice(), Some("Make fewer concurrent calls, use a longer timeout, or raise max_connections."));
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(emulator.calls().len(), 1);
}

#[tokio::test]
async fn a_call_that_waits_for_others_to_connect_says_so() {
    let emulator = Emulator::builder().connections([Tls::Silent]).tls(Tls::Valid).start().await.unwrap();
    let client = builder_for(&emulator).root_certificates_pem(emulator.authority_pem().unwrap());
    let client = client.connect_timeout(LIMIT).attempt_timeout(LIMIT).max_connecting(1).build().unwrap();
    let connecting = start(&client, "GID_test@@@test");
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 1).await.unwrap();
    let call = client.get_device_credential("GID_test@@@test").timeout(Duration::from_millis(200));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!(
        error.message(),
        "not sent: this client is opening as many connections as it may at a time (1), and 0 calls are waiting"
    );
    assert!(error.advice().unwrap().ends_with("or raise max_connecting."));
    // The next call gets its turn when that one is given up.
    let next = start(&client, "GID_test@@@test");
    connecting.abort();
    succeed(vec![next]).await;
}

#[tokio::test]
async fn the_time_that_a_call_waits_for_a_connection_is_not_that_of_its_attempt() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_connections(1).attempt_timeout(Duration::from_millis(500));
    let client = client.max_attempts(1).build().unwrap();
    let holders: Vec<_> = (0..4).map(|_| start(&client, "GID_test@@@fault-hang")).collect();
    let call = start(&client, "GID_test@@@test");
    for holder in holders {
        assert_eq!(holder.await.unwrap().unwrap_err().attempts(), 1);
    }
    succeed(vec![call]).await;
}

/// However the attempts of these steps end, with one connection for all calls: one that leaks
/// blocks the next call.
#[tokio::test]
async fn a_connection_is_free_again_however_an_attempt_ended() {
    let steps = [
        r#"{"close": true}"#,
        r#"{"reset": true}"#,
        r#"{"hang": true}"#,
        r#"{"raw": "SSH-2.0"}"#,
        r#"{"answer": "credential", "truncate": 10}"#,
        r#"{"answer": "credential", "gzip": true}"#,
        r#"{"body_repeat": {"before": "", "text": "x", "times": 3000000, "after": ""}}"#,
        r#"{"answer": "credential", "headers": {"Connection": "close"}}"#,
        r#"{"answer": "credential", "close_after_ms": 0}"#,
        r#"{"code": "InternalError"}"#,
        r#"{"code": "DeviceCredentialNotFound"}"#,
        r#"{"redirect": 307}"#,
    ];
    for step in steps {
        let twice = || step.parse::<Step>().unwrap();
        let emulator = Emulator::builder().steps([twice(), twice()]).start().await.unwrap();
        let client = builder_for(&emulator).max_connections(1).max_connecting(1).max_attempts(1);
        let client = client.attempt_timeout(Duration::from_millis(500)).build().unwrap();
        for _ in 0..2 {
            let _ = start(&client, "GID_test@@@test").await.unwrap();
        }
        succeed((0..4).map(|_| start(&client, "GID_test@@@test")).collect()).await;
        emulator.wait_for(LIMIT, |journal| journal.open_connections() <= 1).await.unwrap();
    }
}

#[tokio::test]
async fn a_cancelled_call_gives_up_its_connection_or_its_place() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_connections(1).build().unwrap();
    for _ in 0..3 {
        emulator.clear_calls();
        let calls: Vec<_> = (0..3).map(|_| start(&client, "GID_test@@@fault-hang")).collect();
        emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
        for call in &calls {
            call.abort();
        }
        succeed((0..3).map(|_| start(&client, "GID_test@@@test")).collect()).await;
    }
    assert_eq!(emulator.accepted_connections(), 4);
}

/// Faults and cancellations in several threads, then as many calls at the same time as there may be
/// connections: none was lost on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_connection_is_lost_among_faults_and_cancellations() {
    const FAULTS: [&str; 6] = [
        r#"{"close": true}"#,
        r#"{"reset": true}"#,
        r#"{"hang": true}"#,
        r#"{"answer": "credential", "headers": {"Connection": "close"}}"#,
        r#"{"answer": "credential", "close_after_ms": 0}"#,
        r#"{"answer": "credential", "delay_ms": 20}"#,
    ];
    let steps = (0..300).map(|number| FAULTS[(number + number / 7) % FAULTS.len()].parse::<Step>().unwrap());
    let emulator = Emulator::builder().steps(steps).start().await.unwrap();
    let client = builder_for(&emulator).max_requests_per_second(1_000_000).max_attempts(2);
    let client = client.max_connections(8).max_connecting(3).attempt_timeout(Duration::from_millis(500));
    let client = client.build().unwrap();
    let calls: Vec<_> = (0..200).map(|_| start(&client, "GID_test@@@test")).collect();
    for (number, call) in calls.into_iter().enumerate() {
        if number % 5 == 0 {
            call.abort();
        }
        let _ = call.await;
    }
    emulator.clear_calls();
    let last: Vec<_> = (0..8).map(|_| start(&client, "GID_test@@@fault-hang")).collect();
    let are_together = |journal: &Journal| journal.calls().filter(|call| call.end.is_none()).count() == 8;
    emulator.wait_for(LIMIT, are_together).await.unwrap();
    last.iter().for_each(JoinHandle::abort);
}
