//! `tracing` remembers whether an event is enabled, so this test needs its own process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::sync::mpsc::channel;

use common::{LIMIT, call, credential, service};
use devcred_bridge::{Log, LogLevel};

#[test]
fn a_client_without_a_log_disables_no_event_of_a_client_with_a_log() {
    let service = service();
    let (sender, lines) = channel();
    let log = Log::new(LogLevel::Debug, move |_, line| sender.send(line.to_owned()).unwrap());
    let client = service.client_with_log(log);
    credential(call(&service.client(), "GID_test@@@test"));
    credential(call(&client, "GID_test@@@test"));
    assert!(lines.recv_timeout(LIMIT).unwrap().starts_with("attempt ended"));
}
