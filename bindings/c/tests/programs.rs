//! C programs that run against an emulator, for what the shared suite cannot test in C.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::time::Instant;

use common::{INSTANCE, Mode, Program, Service, prefix};
use devcred_emulator::{Emulator, Step, Tls};

/// Starts an emulator, runs a program with it, and returns it.
fn run(name: &str, mode: Mode, more: &[&str]) -> Service {
    let service = Service::start(Emulator::builder());
    let mut arguments = service.arguments();
    arguments.extend(more.iter().copied().map(str::to_owned));
    let start = Instant::now();
    Program::compile(name, mode, &prefix()).run(&arguments);
    println!("{name}.c, {mode:?}: {:.1?}", start.elapsed());
    service
}

fn run_both(name: &str) -> [Service; 2] {
    [Mode::Plain, Mode::Sanitizers].map(|mode| run(name, mode, &[]))
}

#[test]
fn no_function_crashes_on_null_or_on_a_text_that_is_not_utf8() {
    for mode in [Mode::Plain, Mode::Sanitizers, Mode::Valgrind] {
        run("misuse", mode, &[]);
    }
}

#[test]
fn misuse_c_calls_every_function_of_the_header() {
    let program = fs::read_to_string(common::sources().join("misuse.c")).unwrap();
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<_> = program.split(|c| !is_name_char(c)).collect();
    let missing: Vec<_> =
        common::functions_of_the_header().into_iter().filter(|function| !words.contains(&function.as_str())).collect();
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
    // The sanitizers do not instrument the library's own writes; valgrind does, but it is slow.
    for (mode, times) in [(Mode::Plain, "2000"), (Mode::Sanitizers, "2000"), (Mode::Valgrind, "20")] {
        run("callbacks", mode, &[times]);
    }
}

/// Not with the address sanitizer of gcc 12: another thread may hold its allocator's lock during
/// the fork, and then the child hangs. valgrind checks the child's memory; it runs one thread at a
/// time, so it gets fewer forks.
#[test]
fn a_client_works_in_the_child_of_a_busy_process() {
    for (mode, forks, limit_s) in [(Mode::UndefinedSanitizer, 60_u64, "10"), (Mode::ValgrindWithoutLeakCheck, 6, "60")]
    {
        let service = run("fork", mode, &[&forks.to_string(), limit_s]);
        let children = forks - forks.div_ceil(10);
        let calls = service.emulator.calls();
        let child_calls =
            calls.iter().filter(|call| call.client_id.as_ref().is_some_and(|id| id.starts_with("GID_f@@@child-")));
        assert_eq!(child_calls.count() as u64, 2 * children);
        // The two clients of each child and the parent's client share no connection.
        assert!(service.emulator.accepted_connections() > 2 * children);
    }
}

#[test]
fn a_panic_is_an_error_and_the_next_call_works() {
    let folder = tempfile::tempdir().unwrap();
    common::install_library_that_panics(folder.path());
    for mode in [Mode::Plain, Mode::Sanitizers] {
        let service = Service::start(Emulator::builder());
        Program::compile("panic", mode, folder.path()).run(&service.arguments());
    }
}

#[test]
fn a_lookup_that_hangs_takes_one_thread_and_delays_no_other_name() {
    run_both("resolver");
}

#[test]
fn no_callback_runs_after_a_client_is_closed() {
    for (mode, times) in [(Mode::Plain, "20"), (Mode::Sanitizers, "20"), (Mode::Valgrind, "3")] {
        run("closing", mode, &[times]);
    }
}

/// The program prints nothing: a panic would print its message.
#[test]
fn a_thread_that_cannot_start_is_an_error_and_the_next_call_works() {
    for mode in [Mode::Plain, Mode::Sanitizers] {
        let service = Service::start(Emulator::builder());
        assert_eq!(Program::compile("refused", mode, &prefix()).run(&service.arguments()), "");
    }
}

#[test]
fn signals_reach_the_program_only_and_a_reset_is_retried() {
    for mode in [Mode::Plain, Mode::Sanitizers] {
        let steps = [r#"{"reset": true}"#, r#"{"answer": "credential"}"#].map(|step| step.parse::<Step>().unwrap());
        let steps = steps.into_iter().cycle().take(160);
        let service = Service::start(Emulator::builder().tls(Tls::Valid).steps(steps));
        let mut arguments = service.arguments();
        arguments.extend(service.emulator.authority_pem().map(str::to_owned));
        Program::compile("signals", mode, &prefix()).run(&arguments);
    }
}

/// Checks the properties of an error that `errors.c` prints, in every build of the program.
fn check_error(service: &Service, change: impl Fn(&mut Vec<String>), expected: &[&str]) {
    let mut arguments = service.arguments();
    arguments.extend(["GID_a@@@b".to_owned(), "1".to_owned()]);
    change(&mut arguments);
    for mode in [Mode::Plain, Mode::Sanitizers, Mode::Valgrind, Mode::StaticLibrary] {
        let printed = Program::compile("errors", mode, &prefix()).run(&arguments);
        // The order of the lines does not matter. A line that ends with "..." varies.
        let lines: Vec<_> = printed.lines().collect();
        for expected in expected {
            let is_present = match expected.strip_suffix("...") {
                Some(start) => lines.iter().any(|line| line.starts_with(start)),
                None => lines.contains(expected),
            };
            assert!(is_present, "{mode:?}: no line \"{expected}\" in\n{printed}");
        }
        for optional in ["code", "request_id", "help_url", "advice"] {
            let is_expected = expected.iter().any(|line| line.starts_with(&format!("{optional}=")));
            let is_present = lines.iter().any(|line| line.starts_with(&format!("{optional}=")));
            assert_eq!(is_present, is_expected, "{mode:?}: {optional} in\n{printed}");
        }
        assert!(!printed.contains(service.emulator.access_key_secret()), "a secret is in\n{printed}");
    }
}

#[test]
fn an_unregistered_device_is_not_found_and_no_memory_leaks() {
    let service = Service::start(Emulator::builder().instance(INSTANCE).device("GID_other@@@device"));
    check_error(
        &service,
        |_| {},
        &[
            "status=NotFound",
            "code=DeviceCredentialNotFound",
            "http_status=400",
            "request_id=...",
            "client_id=GID_a@@@b",
            "instance_id=post-cn-test",
            "retryable=false",
            "possibly_billed=false",
            "retry_after_ms=-1",
            "attempts=1",
            "help_url=https://...",
            "advice=Register the device first (RegisterDeviceCredential), and only once: registering it again fails or replaces its secret.",
            "text=NotFound: ...",
        ],
    );
}

#[test]
fn a_wrong_secret_is_an_authentication_error_and_no_memory_leaks() {
    let service = Service::start(Emulator::builder());
    check_error(
        &service,
        |arguments| arguments[2] = "wrong".to_owned(),
        &[
            "status=Authentication",
            "code=SignatureDoesNotMatch",
            "http_status=400",
            "request_id=...",
            "client_id=GID_a@@@b",
            "instance_id=post-cn-test",
            "retryable=false",
            "possibly_billed=false",
            "retry_after_ms=-1",
            "attempts=1",
            "help_url=https://...",
            "advice=...",
            "text=Authentication: ...",
        ],
    );
}

#[test]
fn an_unreachable_server_is_a_transport_error_and_no_memory_leaks() {
    let service = Service::start(Emulator::builder());
    check_error(
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
