//! Calls to the emulator: how they end, and what receives their outcome.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use common::{INSTANCE_ID, LIMIT, call, credential, error, hanging, only, request, service, start};
use devcred_bridge::{Client, ErrorKind, Operation, Options, Outcome, Request, Secret, is_bridge_thread};
use devcred_emulator::Emulator;

#[test]
fn a_call_returns_the_credential_and_its_login() {
    let service = service();
    let credential = credential(call(&service.client(), "GID_test@@@test"));
    let secret = service.emulator.device_access_key_secret(INSTANCE_ID, "GID_test@@@test").unwrap();
    assert_eq!((credential.client_id.as_str(), credential.instance_id.as_str()), ("GID_test@@@test", INSTANCE_ID));
    assert_eq!(credential.device_access_key_secret.reveal(), secret);
    assert_eq!(
        credential.mqtt_login.username,
        format!("DeviceCredential|{}|{INSTANCE_ID}", credential.device_access_key_id)
    );
    assert!(credential.create_time_ms > 1_600_000_000_000 && credential.update_time_ms >= credential.create_time_ms);
    let sent = service.emulator.calls().pop().unwrap();
    assert_eq!(credential.request_id, sent.request_id);
    assert_eq!(sent.user_agent.unwrap(), concat!("devcred/", env!("CARGO_PKG_VERSION"), " python"));
    let text = format!("{credential:?}");
    for hidden in [secret.as_str(), credential.mqtt_login.password.reveal()] {
        assert!(!hidden.is_empty() && !text.contains(hidden), "{text}");
    }
}

#[test]
fn an_error_of_the_service_keeps_its_fields() {
    let service = common::Service::start(Emulator::builder().device("GID_test@@@known"));
    let error = error(call(&service.client(), "GID_test@@@unknown"));
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::NotFound, Some("DeviceCredentialNotFound")));
    assert_eq!((error.http_status, error.attempts, error.retryable), (Some(400), 1, false));
    assert!(error.advice.is_some() && error.text.starts_with("NotFound: "), "{}", error.text);
}

#[test]
fn a_call_has_an_operation() {
    let service = common::Service::start(Emulator::builder().device("GID_test@@@known"));
    let client = service.client();
    for operation in [Operation::RegisterDeviceCredential, Operation::GetDeviceCredential] {
        credential(client.call(Request::new(operation, "GID_test@@@new")));
        assert_eq!(service.emulator.calls().pop().unwrap().operation.as_deref(), Some(operation.name()));
    }
}

#[test]
fn a_call_may_set_its_instance_and_timeout() {
    let service = service();
    let client = service.client();
    let instance_id = Some("post-cn-other".to_owned());
    let (_, outcomes) = start(&client, Request { instance_id, ..request("GID_test@@@test") });
    assert_eq!(credential(only(&outcomes)).instance_id, "post-cn-other");
    let timeout_ms = Some(50_i64.into());
    let (_, outcomes) = start(&client, Request { timeout_ms, ..hanging() });
    assert_eq!(error(only(&outcomes)).kind, ErrorKind::Timeout);
}

/// After a blocking call, no thread drives its runtime.
#[test]
fn the_connection_of_a_blocking_call_that_fails_closes_with_the_call() {
    let service = service();
    let client = service.client();
    let outcome = client.call(Request { timeout_ms: Some(50_i64.into()), ..hanging() });
    assert_eq!(error(outcome).kind, ErrorKind::Timeout);
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn a_cancel_completes_the_call_and_closes_its_connection() {
    let service = service();
    let client = service.client();
    let (call, outcomes) = start(&client, hanging());
    service.wait_for(|journal| journal.calls().len() == 1);
    call.cancel().unwrap();
    assert!(matches!(only(&outcomes), Outcome::Cancelled));
    service.wait_for(|journal| journal.open_connections() == 0);
    // A call that has ended keeps its outcome.
    call.cancel().unwrap();
}

#[test]
fn a_call_outlives_its_handle_and_its_client() {
    let service = service();
    let client = service.client();
    let (call, outcomes) = start(&client, request("GID_test@@@fault-slow-100"));
    drop((call, client));
    credential(only(&outcomes));
}

#[test]
fn a_completion_is_called_on_a_thread_of_the_bridge_even_if_the_call_is_refused() {
    let client = service().client();
    client.close();
    let (sender, thread) = channel();
    client.start(request("GID_test@@@test"), move |_| sender.send(is_bridge_thread()).unwrap());
    assert!(thread.recv_timeout(LIMIT).unwrap());
}

#[test]
fn a_completion_that_panics_costs_no_thread() {
    let service = service();
    let client = service.client();
    let mut threads = HashSet::new();
    for _ in 0..16 {
        let (sender, started) = channel();
        client.start(request("GID_test@@@test"), move |_| {
            sender.send(thread::current().id()).unwrap();
            resume_unwind(Box::new(()));
        });
        threads.insert(started.recv_timeout(LIMIT).unwrap());
    }
    credential(call(&client, "GID_test@@@test"));
    // No thread has ended and been replaced.
    assert!(threads.len() <= 2, "{threads:?}");
}

#[test]
fn a_blocking_call_inside_a_completion_is_refused_and_a_started_one_is_not() {
    let service = service();
    let client = std::sync::Arc::new(service.client());
    let (sender, refused) = channel();
    let (started_sender, started) = channel();
    let inside = client.clone();
    client.start(request("GID_test@@@test"), move |_| {
        let waited = inside.start_blocking(request("GID_test@@@a")).wait();
        sender.send([call(&inside, "GID_test@@@b"), waited]).unwrap();
        inside.start(request("GID_test@@@c"), move |outcome| started_sender.send(outcome).unwrap());
    });
    for refused in refused.recv_timeout(LIMIT).unwrap() {
        let error = error(refused);
        assert_eq!(error.kind, ErrorKind::InvalidParameter);
        assert!(error.message.contains("inside a callback"), "{}", error.text);
    }
    credential(only(&started));
    assert!(service.emulator.calls().iter().all(|call| call.client_id.as_deref() != Some("GID_test@@@b")));
}

#[test]
fn the_check_of_a_wait_is_called_and_can_end_the_wait() {
    let service = service();
    let client = service.client();
    let waiting = client.start_blocking(hanging());
    let mut checks = 0;
    let waited = waiting.wait_interruptible(Duration::from_millis(1), || {
        checks += 1;
        if checks < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(waited.is_none() && checks == 3);
    waiting.cancel().unwrap();
    let outcome = waiting.wait();
    assert!(matches!(outcome, Outcome::Cancelled));
    let again = waiting.wait();
    assert_eq!(error(again).message, "the outcome of this call was already taken");
}

#[test]
fn a_blocking_call_whose_check_breaks_is_cancelled() {
    let service = service();
    let client = service.client();
    let outcome =
        client.call_interruptible(hanging(), Duration::from_millis(1), || match service.emulator.calls().len() {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        });
    assert!(matches!(outcome, Outcome::Cancelled));
    service.wait_for(|journal| journal.open_connections() == 0);
}

#[test]
fn closing_a_client_ends_running_calls_and_refuses_later_ones() {
    let service = service();
    let client = service.client();
    let running: Vec<_> = (0..5).map(|_| start(&client, hanging())).collect();
    service.wait_for(|journal| journal.calls().len() == 5);
    assert!(!client.is_closed());
    client.close();
    client.close();
    assert!(client.is_closed());
    for (_, outcomes) in running {
        let error = error(only(&outcomes));
        assert_eq!((error.kind, error.retryable), (ErrorKind::InvalidParameter, false));
        assert!(error.message.starts_with("the client was closed during the call"), "{}", error.text);
    }
    service.wait_for(|journal| journal.open_connections() == 0);
    assert_eq!(error(call(&client, "GID_test@@@test")).text, "InvalidParameter: the client is closed");
    let refused = client.set_access_key("LTAI".to_owned(), &Secret::new("s3cr3t"), None).unwrap_err();
    assert_eq!(refused.message, "the client is closed");
}

#[test]
fn a_client_that_is_closed_and_waited_for_calls_no_completion_afterwards() {
    let service = service();
    let client = Arc::new(service.client());
    for _ in 0..20 {
        let completed = Arc::<AtomicUsize>::default();
        for number in 0..10 {
            let completed = Arc::clone(&completed);
            let request = if number % 2 == 0 { hanging() } else { request("GID_test@@@test") };
            client.start(request, move |_| {
                thread::sleep(Duration::from_millis(2));
                completed.fetch_add(1, Ordering::Relaxed);
            });
        }
        let waiting = client.start_blocking(hanging());
        client.close_and_wait().unwrap();
        assert_eq!(completed.load(Ordering::Relaxed), 10);
        let taken = waiting.wait();
        assert!(error(taken).message.contains("closed"));
        client.close_and_wait().unwrap();
    }
}

#[test]
fn a_completion_cannot_wait_for_the_end_of_itself() {
    let service = service();
    let client = Arc::new(service.client());
    let (sender, refused) = channel();
    let inside = Arc::clone(&client);
    client.start(request("GID_test@@@test"), move |_| sender.send(inside.close_and_wait()).unwrap());
    let refused = refused.recv_timeout(LIMIT).unwrap().unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidParameter);
    assert!(!client.is_closed());
}

#[test]
fn a_valid_key_replaces_the_old_one_and_an_invalid_one_does_not() {
    let builder = Emulator::builder().access_key("first", "first-s3cr3t");
    let service = common::Service::start(builder.access_key_with_token("second", "second-s3cr3t", "t0k3n"));
    let client = service.client();
    let token = Secret::new("t0k3n");
    client.set_access_key("second".to_owned(), &Secret::new("second-s3cr3t"), Some(&token)).unwrap();
    credential(call(&client, "GID_test@@@test"));
    assert_eq!(service.emulator.calls().pop().unwrap().access_key_id.unwrap(), "second");
    let refused = client.set_access_key("third".to_owned(), &Secret::new("with\nline feed"), None).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidParameter);
    credential(call(&client, "GID_test@@@test"));
}

#[test]
fn the_core_refuses_invalid_options() {
    let refused = |change: fn(&mut Options)| {
        let mut options = Options { region: Some("cn-hangzhou".to_owned()), ..Options::default() };
        change(&mut options);
        Client::open("c", options, None).err().unwrap().text
    };
    for (change, beginning) in [
        ((|_| ()) as fn(&mut Options), "InvalidParameter: access_key is not set; "),
        (
            |options| options.access_key_id = Some("LTAI".to_owned()),
            "InvalidParameter: access_key_secret is missing: an AccessKey consists of an id and a secret",
        ),
        (
            |options| options.access_key_secret = Some(Secret::new("s3cr3t")),
            "InvalidParameter: access_key_id is missing: an AccessKey consists of an id and a secret",
        ),
        (
            |options| options.security_token = Some(Secret::new("t")),
            "InvalidParameter: access_key_id and access_key_secret are missing: an AccessKey consists of an id and a secret",
        ),
        (|options| options.network = Some("lan".to_owned()), "InvalidParameter: network must be"),
        (|options| options.signature = Some("md5".to_owned()), "InvalidParameter: signature must be"),
    ] {
        let text = refused(change);
        assert!(text.starts_with(beginning), "{text}");
    }
}
