//! The bridge against the emulator: what every binding relies on.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use devcred_emulator::{CallEnd, Emulator};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;
use crate::process::tests::as_if_forked;

const LIMIT: Duration = Duration::from_secs(10);

/// An emulator on a runtime of its own, as in a program beside this one.
struct Service {
    runtime: Runtime,
    emulator: Emulator,
}

impl Service {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = runtime.block_on(Emulator::builder().start()).unwrap();
        Self { runtime, emulator }
    }

    fn options(&self) -> Options {
        let access_key = AccessKey {
            id: self.emulator.access_key_id().to_owned(),
            secret: Secret::new(self.emulator.access_key_secret()),
            security_token: None,
        };
        Options {
            language: "test",
            access_key: Some(access_key),
            endpoint: Some(self.emulator.endpoint().to_owned()),
            instance_id: Some("post-cn-test".to_owned()),
            max_requests_per_second: Some(100_000),
            ..Options::default()
        }
    }

    fn client(&self) -> Client {
        Client::new(self.options()).unwrap()
    }

    /// Waits until the service has seen this many calls end in this way.
    fn wait_for_ends(&self, end: CallEnd, count: usize) {
        let ended = |calls: &mut dyn Iterator<Item = &devcred_emulator::Call>| {
            calls.filter(|call| call.end == Some(end)).count() >= count
        };
        let waited = self.runtime.block_on(self.emulator.wait_for(LIMIT, |journal| ended(&mut journal.calls())));
        waited.unwrap();
    }
}

fn request(client_id: &str) -> Request {
    Request { client_id: client_id.to_owned(), ..Request::default() }
}

fn started(client: &Client, client_id: &str) -> (Call, Receiver<Outcome>) {
    let (sender, outcomes) = channel();
    let call = client.start(request(client_id), move |outcome| sender.send(outcome).unwrap()).unwrap();
    (call, outcomes)
}

fn wait(client: &Client, client_id: &str) -> Result<Outcome, Box<ErrorInfo>> {
    client.start_waiting(request(client_id))?.wait(LIMIT, || ControlFlow::Continue(()))
}

fn credential(outcome: Outcome) -> Credential {
    match outcome {
        Outcome::Ok(credential) => *credential,
        other => panic!("{other:?}"),
    }
}

fn error(outcome: Outcome) -> ErrorInfo {
    match outcome {
        Outcome::Error(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_brings_a_credential_and_its_text_hides_the_secrets() {
    let service = Service::start();
    let credential = credential(wait(&service.client(), "GID_a@@@b").unwrap());
    assert_eq!((credential.client_id.as_str(), credential.instance_id.as_str()), ("GID_a@@@b", "post-cn-test"));
    let secret = service.emulator.device_access_key_secret("post-cn-test", "GID_a@@@b").unwrap();
    assert_eq!(*credential.device_access_key_secret, secret);
    assert!(credential.mqtt_username.ends_with("|post-cn-test") && !credential.text.contains(&secret));
    assert!(!format!("{credential:?}").contains(&*credential.mqtt_password));
    assert_eq!(
        service.emulator.calls()[0].user_agent.as_deref(),
        Some(concat!("devcred/", env!("CARGO_PKG_VERSION"), " test"))
    );
}

#[test]
fn a_failure_has_every_member_of_the_cores_error() {
    let service = Service::start();
    let error = error(wait(&service.client(), "GID_a@@@fault-DeviceCredentialNotFound").unwrap());
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::NotFound, Some("DeviceCredentialNotFound")));
    assert_eq!((error.http_status, error.attempts, error.retryable), (Some(400), 1, false));
    assert!(error.request_id.is_some() && error.help_url.is_some());
    assert!(error.text.starts_with("NotFound: ") && error.text.ends_with(&error.advice.unwrap()));
}

#[test]
fn a_cancelled_call_closes_its_connection() {
    let service = Service::start();
    let (call, outcomes) = started(&service.client(), "GID_a@@@fault-hang");
    service.runtime.block_on(service.emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1)).unwrap();
    call.cancel().unwrap();
    assert!(matches!(outcomes.recv_timeout(LIMIT), Ok(Outcome::Cancelled)));
    service.wait_for_ends(CallEnd::ClientClosed, 1);
    call.cancel().unwrap();
}

#[test]
fn a_dropped_handle_lets_the_call_go_on() {
    let service = Service::start();
    let (call, outcomes) = started(&service.client(), "GID_a@@@fault-slow-200");
    drop(call);
    credential(outcomes.recv_timeout(LIMIT).unwrap());
}

#[test]
fn a_closed_client_cancels_what_runs_and_refuses_what_comes() {
    let service = Service::start();
    let client = service.client();
    let (_call, outcomes) = started(&client, "GID_a@@@fault-hang");
    client.close();
    client.close();
    assert!(matches!(outcomes.recv_timeout(LIMIT), Ok(Outcome::Cancelled)));
    let key = service.options().access_key.unwrap();
    for refused in [wait(&client, "GID_a@@@b").unwrap_err(), client.set_access_key(&key).unwrap_err()] {
        assert_eq!((refused.kind, refused.message.as_str()), (ErrorKind::InvalidParameter, "the client is closed"));
    }
}

#[test]
fn a_wait_asks_every_so_often_whether_to_go_on() {
    let service = Service::start();
    let waiter = service.client().start_waiting(request("GID_a@@@fault-hang")).unwrap();
    let mut asked = 0;
    let outcome = waiter.wait(Duration::from_millis(5), || {
        asked += 1;
        if asked == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(outcome, Ok(Outcome::Cancelled)));
    assert_eq!(asked, 3);
}

#[test]
fn a_wait_on_a_thread_of_the_runtime_is_refused() {
    let service = Service::start();
    let (client, (sender, refused)) = (Arc::new(service.client()), channel());
    let inner = Arc::clone(&client);
    client.start(request("GID_a@@@b"), move |_| sender.send(wait(&inner, "GID_a@@@c")).unwrap()).unwrap();
    let refused = refused.recv_timeout(LIMIT).unwrap().unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidParameter);
    assert!(refused.message.contains("inside a callback"), "{}", refused.message);
}

#[test]
fn a_panic_in_a_completion_takes_no_thread_along() {
    let service = Service::start();
    let client = service.client();
    for _ in 0..8 {
        client.start(request("GID_a@@@b"), |_| panic!("a binding's mistake")).unwrap();
    }
    credential(wait(&client, "GID_a@@@b").unwrap());
}

#[cfg(feature = "test-panic")]
#[test]
fn a_panic_in_a_call_is_an_internal_error_and_the_next_call_works() {
    let service = Service::start();
    let client = service.client();
    let error = error(wait(&client, "GID_test@@@panic").unwrap());
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Internal, "devcred panicked"));
    credential(wait(&client, "GID_a@@@b").unwrap());
}

#[test]
fn events_reach_the_log_of_their_own_client_at_the_level_it_asked_for() {
    let service = Service::start();
    let log = |level| {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&lines);
        let log = Log::new(level, move |level, line| told.lock().unwrap().push(format!("{level} {line}")));
        (Client::new(Options { log: Some(log), ..service.options() }).unwrap(), lines)
    };
    let ((loud, all), (calm, warnings)) = (log(Level::TRACE), log(Level::WARN));
    for client in [&loud, &calm] {
        credential(wait(client, "GID_a@@@fault-InternalError-1").unwrap());
        credential(wait(client, "GID_a@@@b").unwrap());
    }
    let (all, warnings) = (all.lock().unwrap(), warnings.lock().unwrap());
    assert_eq!(
        all.iter()
            .filter(|line| line.starts_with("DEBUG attempt ended operation=\"GetDeviceCredential\" attempt=1"))
            .count(),
        2
    );
    assert!(!warnings.is_empty() && warnings.iter().all(|line| line.starts_with("WARN ")), "{warnings:?}");
}

#[test]
fn a_replaced_key_signs_what_comes_afterwards_and_a_bad_one_changes_nothing() {
    let service = Service::start();
    let client = service.client();
    let wrong = AccessKey { id: "LTAI-other".into(), secret: Secret::new("x"), security_token: None };
    let bad = AccessKey { secret: Secret::new("with space"), ..wrong.clone() };
    assert_eq!(client.set_access_key(&bad).unwrap_err().kind, ErrorKind::InvalidParameter);
    credential(wait(&client, "GID_a@@@b").unwrap());
    client.set_access_key(&wrong).unwrap();
    assert_eq!(error(wait(&client, "GID_a@@@b").unwrap()).code.as_deref(), Some("InvalidAccessKeyId.NotFound"));
}

#[test]
fn of_keys_that_are_replaced_at_once_the_last_one_stands_everywhere() {
    let service = Service::start();
    let client = service.client();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let client = &client;
            scope.spawn(move || {
                for number in 0..200 {
                    let id = format!("LTAI-{thread}-{number}");
                    let key = AccessKey { id, secret: Secret::new("x"), security_token: None };
                    client.set_access_key(&key).unwrap();
                }
            });
        }
    });
    let (for_calls, for_children) = client.keys();
    assert_eq!(for_calls, for_children);
}

#[test]
fn a_child_has_a_working_client_with_the_latest_key_and_no_call_of_its_parent() {
    let service = Service::start();
    let other = Service::start();
    let client =
        Client::new(Options { endpoint: Some(other.emulator.endpoint().to_owned()), ..service.options() }).unwrap();
    client.set_access_key(&other.options().access_key.unwrap()).unwrap();
    let (call, _outcomes) = started(&client, "GID_a@@@fault-hang");
    let waiter = client.start_waiting(request("GID_a@@@fault-hang")).unwrap();
    as_if_forked(|| {
        let refused = [call.cancel().unwrap_err(), waiter.wait(LIMIT, || ControlFlow::Continue(())).unwrap_err()];
        for refused in refused {
            assert_eq!(refused.message, "the call was begun before this process was forked");
        }
        credential(wait(&client, "GID_a@@@b").unwrap());
        drop(call);
        drop(client);
    });
    assert_eq!(other.emulator.calls().len(), 3);
}

#[test]
fn calls_that_were_begun_at_once_complete_once_each() {
    let service = Service::start();
    let client = service.client();
    let (sender, outcomes) = channel();
    for number in 0..500 {
        let sender = sender.clone();
        client.start(request(&format!("GID_a@@@{number}")), move |outcome| sender.send(outcome).unwrap()).unwrap();
    }
    drop(sender);
    assert_eq!(outcomes.iter().map(credential).count(), 500);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever comes first - the answer, a cancel, the end of the client - a call completes exactly once.
    #[test]
    fn a_call_completes_exactly_once(
        calls in prop::collection::vec((0_u64..15, prop::option::of(0_u64..15), any::<bool>()), 1..8),
        close_after in prop::option::of(0_u64..15),
    ) {
        let service = Service::start();
        let client = service.client();
        let completions: Vec<_> = calls.iter().map(|_| Arc::<AtomicUsize>::default()).collect();
        let (sender, ended) = channel();
        std::thread::scope(|scope| {
            for ((slow, cancel_after, is_dropped), completed) in calls.iter().zip(&completions) {
                let (sender, completed) = (sender.clone(), Arc::clone(completed));
                let client_id = format!("GID_a@@@fault-slow-{}", slow + 1);
                let call = client.start(request(&client_id), move |_| {
                    completed.fetch_add(1, Ordering::SeqCst);
                    sender.send(()).unwrap();
                });
                let call = call.unwrap();
                if let Some(cancel_after) = cancel_after {
                    scope.spawn(move || {
                        std::thread::sleep(Duration::from_millis(*cancel_after));
                        call.cancel().unwrap();
                        call.cancel().unwrap();
                    });
                } else if *is_dropped {
                    drop(call);
                }
            }
            if let Some(close_after) = close_after {
                std::thread::sleep(Duration::from_millis(close_after));
                client.close();
            }
        });
        drop(client);
        drop(sender);
        let deadline = Instant::now() + LIMIT;
        for _ in &calls {
            ended.recv_timeout(deadline - Instant::now()).unwrap();
        }
        // No call is left that could complete again: the channel has lost its last sender.
        prop_assert!(ended.recv_timeout(LIMIT).is_err());
        for completed in completions {
            prop_assert_eq!(completed.load(Ordering::SeqCst), 1);
        }
    }
}
