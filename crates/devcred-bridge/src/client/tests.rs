use std::sync::mpsc::channel;

use devcred::ErrorKind;
use devcred_emulator::Emulator;
use tokio::runtime::Runtime;

use super::*;
use crate::PANIC_CLIENT_ID;
use crate::process::tests::{as_if_forked, simulate_fork};
use crate::request::Operation;

/// The longest time that a test waits.
const LIMIT: Duration = Duration::from_secs(30);

/// Starts an emulator with two keys, and a client with the first.
fn service() -> (Runtime, Emulator, Client) {
    let runtime = Runtime::new().unwrap();
    let builder = Emulator::builder().access_key("first", "first-s3cr3t").access_key("second", "second-s3cr3t");
    let emulator = runtime.block_on(builder.start()).unwrap();
    let options = Options {
        access_key_id: Some("first".to_owned()),
        access_key_secret: Some(Secret::new("first-s3cr3t")),
        endpoint: Some(emulator.endpoint().to_owned()),
        instance_id: Some("post-cn-0pp12gl****".to_owned()),
        ..Options::default()
    };
    (runtime, emulator, Client::open("c", options, None).unwrap())
}

fn request(client_id: &str) -> Request {
    Request::new(Operation::GetDeviceCredential, client_id)
}

fn call(client: &Client, client_id: &str) -> Outcome {
    client.call(request(client_id))
}

fn error(outcome: Outcome) -> ErrorInfo {
    match outcome {
        Outcome::Error(error) => *error,
        other => panic!("{other:?}"),
    }
}

/// Only has to compile: every binding shares its clients and handles between threads.
#[test]
fn clients_calls_and_outcomes_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Client>();
    is_send_and_sync::<CallHandle>();
    is_send_and_sync::<BlockingCall>();
    is_send_and_sync::<Outcome>();
}

#[test]
fn a_panic_in_a_call_is_an_error_and_the_next_call_works() {
    let (_runtime, _emulator, client) = service();
    let error = error(call(&client, PANIC_CLIENT_ID));
    assert_eq!((error.kind, error.retryable, error.attempts), (ErrorKind::Internal, false, 0));
    assert!(!error.text.contains("a test requested this panic"), "{}", error.text);
    assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Credential(_)));
}

#[test]
fn a_forked_child_has_a_working_client_with_the_key_of_its_parent() {
    let (_runtime, emulator, client) = service();
    assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Credential(_)));
    client.set_access_key("second".to_owned(), &Secret::new("second-s3cr3t"), None).unwrap();
    as_if_forked(|| {
        assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Credential(_)));
        client.set_access_key("first".to_owned(), &Secret::new("first-s3cr3t"), None).unwrap();
        assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Credential(_)));
    });
    let keys: Vec<_> = emulator.calls().into_iter().filter_map(|call| call.access_key_id).collect();
    assert_eq!(keys, ["first", "second", "first"]);
    // The child does not use the parent's connection.
    assert_eq!(emulator.accepted_connections(), 2);
}

#[test]
fn a_child_can_neither_wait_for_nor_cancel_a_call_of_its_parent() {
    let (runtime, emulator, client) = service();
    let (sender, outcomes) = channel();
    let hanging = || request("GID_test@@@fault-hang");
    let waited = client.start_blocking(hanging());
    let call = client.start(hanging(), move |outcome| sender.send(outcome).unwrap());
    runtime.block_on(emulator.wait_for(LIMIT, |journal| journal.calls().len() == 2)).unwrap();
    as_if_forked(|| {
        let refusal = error(waited.wait());
        assert_eq!(refusal.kind, ErrorKind::InvalidParameter);
        assert!(refusal.message.contains("started before the process was forked"), "{}", refusal.text);
        assert_eq!(*waited.cancel().unwrap_err(), refusal);
        assert_eq!(*call.cancel().unwrap_err(), refusal);
        drop((waited, call));
        client.close();
    });
    assert_eq!(emulator.open_connections(), 2);
    assert!(outcomes.try_recv().is_err());
}

#[test]
fn a_check_may_fork_and_the_wait_is_refused_in_the_child() {
    let (_runtime, _emulator, client) = service();
    let call = client.start_blocking(request("GID_test@@@fault-hang"));
    let mut fork = None;
    let outcome = call.wait_interruptible(Duration::from_millis(1), || {
        fork = Some(simulate_fork());
        ControlFlow::Continue(())
    });
    drop(fork);
    assert!(error(outcome.unwrap()).message.contains("started before the process was forked"));
}

#[test]
fn a_check_may_fork_and_the_blocking_call_is_refused_in_the_child() {
    let (_runtime, emulator, client) = service();
    let inner = Arc::downgrade(&client.inner().unwrap());
    for (earlier_calls, is_cancelled) in [false, true].into_iter().enumerate() {
        let mut fork = None;
        let outcome = client.call_interruptible(request("GID_test@@@fault-hang"), Duration::from_millis(1), || {
            if emulator.calls().len() == earlier_calls {
                return ControlFlow::Continue(());
            }
            fork = Some(simulate_fork());
            if is_cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        drop(fork);
        assert!(error(outcome).message.contains("started before the process was forked"));
    }
    // The child has dropped nothing of the calls.
    assert_eq!(emulator.open_connections(), 2);
    assert_eq!(inner.strong_count(), 1 + 2 * 2);
}

#[test]
fn a_child_drops_nothing_of_its_parents_client() {
    for use_it in [(|client| drop(call(&client, "GID_test@@@test"))) as fn(Client), drop, |client| client.close()] {
        let (_runtime, _emulator, client) = service();
        let parents = Arc::downgrade(&client.inner().unwrap());
        as_if_forked(|| use_it(client));
        assert!(parents.upgrade().is_some());
    }
    let (_runtime, _emulator, client) = service();
    let inner = Arc::downgrade(&client.inner().unwrap());
    drop(client);
    assert!(inner.upgrade().is_none());
}
