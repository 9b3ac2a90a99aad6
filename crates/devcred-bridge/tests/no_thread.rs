//! No other test may start the thread of this process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use common::{call, credential, only, request, service, start};

/// Counts the threads of the bridge.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.starts_with("devcred")).count()
}

#[test]
fn a_blocking_call_starts_no_thread() {
    let service = service();
    let client = service.client();
    credential(call(&client, "GID_test@@@test"));
    let check = || ControlFlow::Continue(());
    credential(client.call_interruptible(request("GID_test@@@fault-slow-50"), Duration::from_millis(1), check));
    client.close();
    assert_eq!(threads(), 0);
    let (_, outcomes) = start(&service.client(), request("GID_test@@@test"));
    credential(only(&outcomes));
    assert_eq!(threads(), 1);
}
