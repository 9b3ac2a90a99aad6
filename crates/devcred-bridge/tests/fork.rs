//! Real forks of a busy process. `fork` is unsafe because what a child does next may hang; that it
//! does not is what is tested.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use common::{call, error, hanging, service};
use devcred_bridge::{Client, ErrorKind, Log, LogLevel, Outcome, Pending, Secret};

const FORKS: u32 = 40;

/// A child that hangs is ended by the system after so many seconds.
const CHILD_LIMIT: u32 = 20;

#[test]
fn every_child_of_a_busy_parent_gets_a_credential() {
    let service = service();
    let mut options = service.options();
    options.max_requests_per_second = Some(1_000_000);
    options.log = Some(Log::new(LogLevel::Debug, |_, _| ()));
    let client = Client::open(options).unwrap();
    let pending = client.begin(hanging());
    let key = (service.emulator.access_key_id(), Secret::new(service.emulator.access_key_secret()));
    let (is_over, calls) = (AtomicBool::new(false), AtomicU32::new(0));
    let busy = || {
        while !is_over.load(Ordering::Relaxed) {
            assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Ok(_)));
            client.set_access_key(key.0.to_owned(), &key.1, None).unwrap();
            drop(service.client());
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(busy), scope.spawn(busy), scope.spawn(busy)];
        let failed: Vec<_> =
            (0..FORKS).map(|_| fork(|| child(&client, &pending))).filter(|status| *status != 0).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
        assert!(failed.is_empty(), "statuses of children: {failed:?}");
    });
    assert!(calls.into_inner() > 0);
    pending.cancel().unwrap();
    assert!(matches!(pending.wait(), Outcome::Cancelled));
}

/// What a child does; anything but success is a number that says where it failed.
fn child(client: &Client, pending: &Pending) -> i32 {
    let refused = error(pending.wait());
    if refused.kind != ErrorKind::InvalidParameter || pending.cancel().is_ok() {
        return 2;
    }
    for _ in 0..2 {
        if !matches!(call(client, "GID_test@@@child"), Outcome::Ok(_)) {
            return 3;
        }
    }
    client.close();
    0
}

/// Runs this in a child, and returns the status with which that ended.
fn fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child calls what is documented to work there, and leaves without running what its parent has set up.
    unsafe {
        match libc::fork() {
            -1 => panic!("{}", std::io::Error::last_os_error()),
            0 => {
                libc::alarm(CHILD_LIMIT);
                libc::_exit(catch_unwind(AssertUnwindSafe(child)).unwrap_or(1));
            }
            pid => {
                let mut status = 0;
                assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
                status
            }
        }
    }
}
