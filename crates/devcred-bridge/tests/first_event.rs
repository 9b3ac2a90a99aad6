//! `tracing` remembers of each event whether anybody wants it, so this one has a process of its
//! own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::sync::mpsc::channel;

use common::{LIMIT, call, credential, service};
use devcred_bridge::{Client, Log, LogLevel};

#[test]
fn a_client_without_a_log_switches_no_event_off_for_one_with_a_log() {
    let service = service();
    let (told, lines) = channel();
    let mut options = service.options();
    options.log = Some(Log::new(LogLevel::Debug, move |_, line| told.send(line.to_owned()).unwrap()));
    let client = Client::open(options).unwrap();
    credential(call(&service.client(), "GID_test@@@test"));
    credential(call(&client, "GID_test@@@test"));
    assert!(lines.recv_timeout(LIMIT).unwrap().starts_with("attempt ended"));
}
