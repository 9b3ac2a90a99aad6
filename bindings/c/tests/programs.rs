//! Programs in C against an emulator: what only a program in C can get wrong, and what only it would see.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::time::Instant;

use common::{How, INSTANCE, Program, Service, prefix};
use devcred_emulator::{Emulator, Step, Tls};

/// Runs a program with an emulator of its own, which it returns.
fn run(name: &str, how: How, more: &[&str]) -> Service {
    let service = Service::start(Emulator::builder());
    let mut arguments = service.arguments();
    arguments.extend(more.iter().copied().map(str::to_owned));
    let begun = Instant::now();
    Program::compile(name, how, &prefix()).run(&arguments);
    println!("{name}.c, {how:?}: {:.1?}", begun.elapsed());
    service
}

fn run_both(name: &str) -> [Service; 2] {
    [How::Plainly, How::Sanitized].map(|how| run(name, how, &[]))
}

#[test]
fn no_function_crashes_on_null_or_on_a_text_that_is_not_utf8() {
    for how in [How::Plainly, How::Sanitized, How::Valgrind] {
        run("misuse", how, &[]);
    }
}

#[test]
fn misuse_leaves_no_function_of_the_header_out() {
    let program = fs::read_to_string(common::sources().join("misuse.c")).unwrap();
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named: Vec<_> = program.split(|c| !is_of_a_name(c)).collect();
    let missing: Vec<_> =
        common::functions_of_the_header().into_iter().filter(|function| !named.contains(&function.as_str())).collect();
    assert!(missing.is_empty(), "misuse.c does not call {missing:?}");
}

#[test]
fn threads_share_a_client_while_its_key_is_replaced() {
    for service in run_both("threads") {
        assert_eq!(service.emulator.billed(), 8 * 500 + 8);
    }
}

#[test]
fn a_started_call_completes_once_whatever_is_freed_cancelled_or_called_meanwhile() {
    // The sanitizers do not see what the library itself writes, valgrind does; where nothing but luck finds a fault, it is slow.
    for (how, times) in [(How::Plainly, "2000"), (How::Sanitized, "2000"), (How::Valgrind, "20")] {
        run("callbacks", how, &[times]);
    }
}

/// The address sanitizer of gcc 12 is no help here: its allocator is locked by a thread that a child has not got, and the child
/// hangs in it. valgrind sees what a child does to memory; it runs one thread at a time, so it is asked for fewer of them.
#[test]
fn a_child_of_a_busy_process_has_a_working_client_of_its_own() {
    for (how, forks, limit_s) in [(How::Undefined, 60_u64, "10"), (How::ValgrindWithoutLeaks, 6, "60")] {
        let service = run("fork", how, &[&forks.to_string(), limit_s]);
        let children = forks - forks.div_ceil(10);
        let calls = service.emulator.calls();
        let of_children =
            calls.iter().filter(|call| call.client_id.as_ref().is_some_and(|id| id.starts_with("GID_f@@@child-")));
        assert_eq!(of_children.count() as u64, 2 * children);
        // Each child's two clients and the parent: none used a connection of another's.
        assert!(service.emulator.accepted_connections() > 2 * children);
    }
}

#[test]
fn a_panic_is_an_error_and_the_next_call_works() {
    let folder = tempfile::tempdir().unwrap();
    common::install_library_that_panics(folder.path());
    for how in [How::Plainly, How::Sanitized] {
        let service = Service::start(Emulator::builder());
        Program::compile("panic", how, folder.path()).run(&service.arguments());
    }
}

#[test]
fn a_name_server_that_is_silent_costs_one_thread_and_no_other_name() {
    run_both("resolver");
}

#[test]
fn no_callback_comes_once_a_client_is_closed() {
    for (how, times) in [(How::Plainly, "20"), (How::Sanitized, "20"), (How::Valgrind, "3")] {
        run("closing", how, &[times]);
    }
}

/// Nothing is printed either, as a panic would be.
#[test]
fn a_thread_that_the_system_refuses_is_an_error_and_the_next_call_works() {
    for how in [How::Plainly, How::Sanitized] {
        let service = Service::start(Emulator::builder());
        assert_eq!(Program::compile("refused", how, &prefix()).run(&service.arguments()), "");
    }
}

#[test]
fn signals_are_the_programs_and_a_reset_raises_none() {
    for how in [How::Plainly, How::Sanitized] {
        let steps = [r#"{"reset": true}"#, r#"{"answer": "credential"}"#].map(|step| step.parse::<Step>().unwrap());
        let steps = steps.into_iter().cycle().take(80);
        let service = Service::start(Emulator::builder().tls(Tls::Valid).steps(steps));
        let mut arguments = service.arguments();
        arguments.extend(service.emulator.authority_pem().map(str::to_owned));
        Program::compile("signals", how, &prefix()).run(&arguments);
    }
}

/// What a caller sees of an error, the same in every way of building the program.
fn errors(service: &Service, change: impl Fn(&mut Vec<String>), expected: &[&str]) {
    let mut arguments = service.arguments();
    arguments.extend(["GID_a@@@b".to_owned(), "1".to_owned()]);
    change(&mut arguments);
    for how in [How::Plainly, How::Sanitized, How::Valgrind, How::LinkedStatically] {
        let printed = Program::compile("errors", how, &prefix()).run(&arguments);
        // Ids of requests differ; the service's text repeats what was signed, and wherever it stands is no matter here.
        let lines: Vec<_> = printed.lines().collect();
        for expected in expected {
            let is_there = match expected.strip_suffix("...") {
                Some(start) => lines.iter().any(|line| line.starts_with(start)),
                None => lines.contains(expected),
            };
            assert!(is_there, "{how:?}: no line \"{expected}\" in\n{printed}");
        }
        for absent in ["code", "request_id", "help_url", "advice"] {
            let is_expected = expected.iter().any(|line| line.starts_with(&format!("{absent}=")));
            let is_there = lines.iter().any(|line| line.starts_with(&format!("{absent}=")));
            assert_eq!(is_there, is_expected, "{how:?}: {absent} in\n{printed}");
        }
        assert!(!printed.contains(service.emulator.access_key_secret()), "a secret is in\n{printed}");
    }
}

#[test]
fn an_unregistered_device_is_told_as_such_and_no_memory_is_lost() {
    let service = Service::start(Emulator::builder().instance(INSTANCE).device("GID_other@@@device"));
    errors(
        &service,
        |_| {},
        &[
            "status=NotFound",
            "code=DeviceCredentialNotFound",
            "http_status=400",
            "request_id=...",
            "retryable=false",
            "attempts=1",
            "help_url=https://...",
            "advice=Register the device first (RegisterDeviceCredential); registering a device that has a credential replaces its secret.",
            "text=NotFound: ...",
        ],
    );
}

#[test]
fn a_wrong_secret_is_told_as_such_and_no_memory_is_lost() {
    let service = Service::start(Emulator::builder());
    errors(
        &service,
        |arguments| arguments[2] = "wrong".to_owned(),
        &[
            "status=Authentication",
            "code=SignatureDoesNotMatch",
            "http_status=400",
            "request_id=...",
            "retryable=false",
            "attempts=1",
            "help_url=https://...",
            "advice=...",
            "text=Authentication: ...",
        ],
    );
}

#[test]
fn a_server_that_is_not_there_is_told_as_such_and_no_memory_is_lost() {
    let service = Service::start(Emulator::builder());
    errors(
        &service,
        |arguments| {
            arguments[0] = "http://127.0.0.1:1".to_owned();
            arguments[4] = "2".to_owned();
        },
        &[
            "status=Transport",
            "message=connecting to 127.0.0.1:1 failed: connection refused (attempt 2 of 2)",
            "http_status=0",
            "retryable=true",
            "attempts=2",
            "advice=Is the emulator running at 127.0.0.1:1?",
            "text=Transport: connecting to 127.0.0.1:1 failed: connection refused (attempt 2 of 2)",
        ],
    );
}
