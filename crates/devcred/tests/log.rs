//! What is in the log: every attempt, every retry, and no secret.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{builder_for, emulator};
use devcred::{AccessKey, Client, SignatureMethod};
use devcred_emulator::Emulator;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

/// Returns everything that is logged, at every level and by every crate, while the client makes
/// these calls concurrently.
async fn log_of(client: &Client, client_ids: &[&str]) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let calls: Vec<_> =
        client_ids.iter().map(|id| tokio::spawn(client.get_device_credential(*id).into_future())).collect();
    for call in calls {
        let _ = call.await.unwrap();
    }
    String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn every_attempt_and_every_retry_is_logged() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_attempts(2).build().unwrap();
    let log = log_of(&client, &["GID_test@@@fault-InternalError-1"]).await;
    let ours: Vec<_> = log.lines().filter(|line| line.contains(" devcred: ")).collect();
    assert_eq!(ours.len(), 3, "{log}");
    let calls = emulator.calls();
    for (line, level, parts) in [
        (0, "DEBUG", vec!["attempt=1", "status=500", "InternalError", calls.first().unwrap().request_id.as_str()]),
        (1, "WARN", vec!["retrying", "attempt=1", "wait_ms="]),
        (2, "DEBUG", vec!["attempt=2", "status=200", "elapsed_ms=", calls.last().unwrap().request_id.as_str()]),
    ] {
        let line = ours.get(line).unwrap();
        assert!(line.contains(level) && line.contains("GetDeviceCredential"), "{line}");
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
}

#[tokio::test]
async fn calls_with_the_same_failure_wait_for_different_times() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_attempts(2).max_requests_per_second(1000).build().unwrap();
    let log = log_of(&client, &["GID_test@@@fault-InternalError"; 64]).await;
    let waits = log.lines().filter(|line| line.contains("retrying"));
    let mut waits: Vec<u64> =
        waits.map(|line| line.split_once("wait_ms=").unwrap().1.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(waits.len(), 64, "{log}");
    waits.sort_unstable();
    assert!(waits.iter().all(|wait| *wait <= 50), "{waits:?}");
    // 64 waits, even over 51 values, are hardly of fewer than 16.
    waits.dedup();
    assert!(waits.len() >= 16, "{waits:?}");
}

#[tokio::test]
async fn only_the_first_wait_for_the_rate_limiter_is_logged() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).max_requests_per_second(5).build().unwrap();
    let log = log_of(&client, &["GID_test@@@test"; 12]).await;
    let waits: Vec<_> = log.lines().filter(|line| line.contains("rate limit reached")).collect();
    assert_eq!(waits.len(), 1, "{log}");
    assert!(waits.iter().all(|line| line.contains("WARN") && line.contains("requests_per_second=5")), "{log}");
}

#[tokio::test]
async fn no_secret_is_in_it_at_any_level() {
    let token = "t0k3n+/==";
    let emulator = Emulator::builder().access_key_with_token("STS.id", "acc0unt-s3cr3t", token).start().await.unwrap();
    for signature in [SignatureMethod::Acs3HmacSha256, SignatureMethod::HmacSha1] {
        for secret in ["acc0unt-s3cr3t", "wr0ng-s3cr3t"] {
            let key = AccessKey::new("STS.id", secret).unwrap().with_security_token(token).unwrap();
            let client = builder_for(&emulator).access_key(key).signature(signature).build().unwrap();
            let log = log_of(&client, &["GID_test@@@test", "GID_test@@@fault-close"]).await;
            let credential = client.get_device_credential("GID_test@@@test").await.ok();
            let device = credential.map(|credential| {
                let password = credential.mqtt_login().password().reveal().to_owned();
                [credential.device_access_key_secret().reveal().to_owned(), password]
            });
            let encoded = ["t0k3n%2B%2F%3D%3D", "t0k3n%252B%252F%253D%253D"].map(str::to_owned);
            let account = [secret.to_owned(), token.to_owned()];
            for hidden in device.into_iter().flatten().chain(encoded).chain(account) {
                assert!(!log.contains(&hidden), "{signature}: {hidden} is in\n{log}");
            }
            assert!(log.contains("attempt ended"));
        }
    }
}
