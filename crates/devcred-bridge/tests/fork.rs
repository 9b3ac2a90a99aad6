//! Real forks of a busy process. `fork` is unsafe because the child may hang; these tests prove
//! that it does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use common::{call, error, hanging, open, service};
use devcred_bridge::{BlockingCall, Client, ErrorKind, Log, LogLevel, Outcome, Secret};

const FORKS: u32 = 40;

/// The system ends a child that hangs after this many seconds.
const CHILD_LIMIT: u32 = 20;

#[test]
fn every_child_of_a_busy_parent_gets_a_credential() {
    let service = service();
    let mut options = service.options();
    options.max_requests_per_second = Some(1_000_000_i64.into());
    let client = open(options, Some(Log::new(LogLevel::Debug, |_, _| ())));
    let waiting = client.start_blocking(hanging());
    let key = (service.emulator.access_key_id(), Secret::new(service.emulator.access_key_secret()));
    let (is_over, calls) = (AtomicBool::new(false), AtomicU32::new(0));
    let busy = || {
        while !is_over.load(Ordering::Relaxed) {
            assert!(matches!(call(&client, "GID_test@@@test"), Outcome::Credential(_)));
            client.set_access_key(key.0.to_owned(), &key.1, None).unwrap();
            drop(service.client());
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(busy), scope.spawn(busy), scope.spawn(busy)];
        let failed: Vec<_> =
            (0..FORKS).map(|_| fork(|| child(&client, &waiting))).filter(|status| *status != 0).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
        assert!(failed.is_empty(), "statuses of children: {failed:?}");
    });
    assert!(calls.into_inner() > 0);
    waiting.cancel().unwrap();
    assert!(matches!(waiting.wait(), Outcome::Cancelled));
}

/// The child returns from the call of its parent, and can make calls.
#[test]
fn a_check_and_a_log_function_may_fork_while_another_thread_drives() {
    let service = service();
    let parent = std::process::id();
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let fork_once = {
        let statuses = Arc::clone(&statuses);
        move || {
            let pid = fork_here();
            if pid != 0 {
                statuses.lock().unwrap().push(wait_for(pid));
            }
        }
    };
    let in_log = fork_once.clone();
    let log = Log::new(LogLevel::Debug, move |_, _| {
        if std::process::id() == parent {
            in_log();
        }
    });
    let (client, logging) = (service.client(), service.client_with_log(log));
    thread::scope(|scope| {
        let driving = scope.spawn(|| client.call(hanging()));
        service.wait_for(|journal| journal.calls().len() == 1);
        let mut checks = 0;
        let outcomes = [
            client.call_interruptible(hanging(), Duration::from_millis(1), || {
                checks += 1;
                if checks > 1 {
                    return ControlFlow::Break(());
                }
                fork_once();
                ControlFlow::Continue(())
            }),
            logging.call(common::request("GID_test@@@test")),
        ];
        if std::process::id() != parent {
            // Only one of the outcomes: after the first fork the child calls with the other client.
            let is_refused = outcomes.iter().any(|outcome| {
                matches!(outcome, Outcome::Error(error) if error.message.contains("started before the process was forked"))
            });
            let works = matches!(call(&client, "GID_test@@@child"), Outcome::Credential(_));
            exit(if is_refused && works { 0 } else { 4 });
        }
        assert!(matches!(&outcomes, [Outcome::Cancelled, Outcome::Credential(_)]), "{outcomes:?}");
        client.close();
        error(driving.join().unwrap());
    });
    assert_eq!(*statuses.lock().unwrap(), [0, 0]);
}

/// Uses the client in a child. Returns 0, or a number that identifies the step that failed.
fn child(client: &Client, waiting: &BlockingCall) -> i32 {
    let refusal = error(waiting.wait());
    if refusal.kind != ErrorKind::InvalidParameter || waiting.cancel().is_ok() {
        return 2;
    }
    for _ in 0..2 {
        if !matches!(call(client, "GID_test@@@child"), Outcome::Credential(_)) {
            return 3;
        }
    }
    client.close();
    0
}

/// Runs a function in a child and returns the child's exit status.
fn fork(child: impl FnOnce() -> i32) -> i32 {
    match fork_here() {
        0 => exit(catch_unwind(AssertUnwindSafe(child)).unwrap_or(1)),
        pid => wait_for(pid),
    }
}

/// Forks this process. Returns 0 in the child.
fn fork_here() -> i32 {
    // SAFETY: the child calls only what is documented to work in a child, and exits without running
    // destructors of its parent.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0, "{}", std::io::Error::last_os_error());
        if pid == 0 {
            libc::alarm(CHILD_LIMIT);
        }
        pid
    }
}

/// Ends a child.
fn exit(status: i32) -> ! {
    // SAFETY: it has no precondition.
    unsafe { libc::_exit(status) }
}

fn wait_for(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: the status can be written.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status
}
