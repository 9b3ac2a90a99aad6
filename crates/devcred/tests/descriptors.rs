//! A process that has no file descriptor left. Alone in its process, whose limit it changes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs::File;
use std::os::fd::AsRawFd;

use common::{builder_for, emulator};
use devcred::ErrorKind;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[tokio::test]
async fn a_lack_of_file_descriptors_is_named_and_retried() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).build().unwrap();
    let limit = getrlimit(Resource::Nofile);
    // The lowest number that is free: no more can be opened.
    let next = File::open("/dev/null").unwrap().as_raw_fd();
    let current = Some(u64::try_from(next).unwrap());
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
    let call = || tokio::spawn(client.get_device_credential("GID_test@@@test").into_future());
    let calls: Vec<_> = (0..20).map(|_| call()).collect();
    let mut errors = Vec::new();
    for call in calls {
        errors.push(call.await.unwrap().unwrap_err());
    }
    setrlimit(Resource::Nofile, limit).unwrap();
    let message = format!(
        "connecting to {} failed: out of file descriptors (EMFILE or ENFILE) (attempt 3 of 3)",
        emulator.address()
    );
    let advice =
        "This client uses at most 100 of them. Lower max_connections, or raise the limit of the process (ulimit -n).";
    for error in errors {
        assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 3, true));
        assert_eq!((error.message(), error.advice()), (&*message, Some(advice)));
    }
    client.get_device_credential("GID_test@@@test").await.unwrap();
}
