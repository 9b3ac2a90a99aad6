//! The log of a client: it receives the client's events, from its level on, and no secret.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use common::{Service, call, credential, service};
use devcred_bridge::{Client, ErrorKind, Log, LogLevel};

/// The events that a client has logged.
type Lines = Arc<Mutex<Vec<(LogLevel, String)>>>;

fn client_with_lines(service: &Service, level: LogLevel) -> (Client, Lines) {
    let lines = Lines::default();
    let writer = Arc::clone(&lines);
    let log = Log::new(level, move |level, line| writer.lock().unwrap().push((level, line.to_owned())));
    (service.client_with_log(log), lines)
}

#[test]
fn an_event_is_one_line_with_its_fields() {
    let service = service();
    let (client, lines) = client_with_lines(&service, LogLevel::Debug);
    credential(call(&client, "GID_test@@@fault-InternalError-1"));
    let lines = lines.lock().unwrap();
    let levels: Vec<_> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [LogLevel::Debug, LogLevel::Warn, LogLevel::Debug]);
    let calls = service.emulator.calls();
    for ((_, line), parts) in lines.iter().zip([
        ["attempt ended operation=GetDeviceCredential attempt=1 status=500 code=InternalError ", &calls[0].request_id],
        ["attempt failed, retrying operation=GetDeviceCredential attempt=1 kind=Service ", "wait_ms="],
        ["attempt ended operation=GetDeviceCredential attempt=2 status=200 request_id=", &calls[1].request_id],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)) && line.lines().count() == 1, "{line}");
    }
}

#[test]
fn a_client_logs_its_events_from_its_level_on() {
    let service = service();
    let silent = service.client();
    let (one, ones) = client_with_lines(&service, LogLevel::Debug);
    credential(call(&silent, "GID_test@@@fault-InternalError-1"));
    let (other, others) = client_with_lines(&service, LogLevel::Warn);
    assert!(ones.lock().unwrap().is_empty());
    credential(call(&one, "GID_test@@@test"));
    assert!(others.lock().unwrap().is_empty());
    assert_eq!(ones.lock().unwrap().len(), 1);
    credential(call(&other, "GID_test@@@fault-InternalError-1"));
    assert_eq!(others.lock().unwrap().len(), 1);
    assert_eq!(ones.lock().unwrap().len(), 1);
}

#[test]
fn a_log_function_that_panics_harms_no_call() {
    let service = service();
    let client = service.client_with_log(Log::new(LogLevel::Trace, |_, _| resume_unwind(Box::new(()))));
    for _ in 0..3 {
        credential(call(&client, "GID_test@@@test"));
    }
}

#[test]
fn no_event_contains_a_secret() {
    let service = service();
    let (client, lines) = client_with_lines(&service, LogLevel::Trace);
    let credential = credential(call(&client, "GID_test@@@fault-close-1"));
    let text = format!("{:?}", lines.lock().unwrap());
    for hidden in [
        service.emulator.access_key_secret(),
        credential.device_access_key_secret.reveal(),
        credential.mqtt_login.password.reveal(),
        "Signature",
        "http://",
    ] {
        assert!(text.contains("attempt ended") && !text.contains(hidden), "{hidden} is in {text}");
    }
}

#[test]
fn a_level_has_a_name() {
    for level in LogLevel::ALL {
        assert_eq!(level.name().parse(), Ok(*level));
    }
    assert_eq!("loud".parse::<LogLevel>().unwrap_err().kind, ErrorKind::InvalidParameter);
}
