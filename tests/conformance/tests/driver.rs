//! The driver catches a probe that lies, and goes on with a new one where it must.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::{Duration, Instant};

use devcred_conformance::case::Case;
use devcred_conformance::language::{self, Language};
use devcred_conformance::pool::Pool;
use devcred_conformance::run;
use tokio::runtime::Runtime;

const HONEST: &str = env!("CARGO_BIN_EXE_devcred-probe-rust");
const LYING: &str = env!("CARGO_BIN_EXE_devcred-probe-lying");
const SECRET: &str = "+/the-secret-of-the-account/+";

fn rust(command: &[&str]) -> Language {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    Language { command, ..language::all(HONEST).remove(0) }
}

struct Driver {
    pool: Pool,
    runtime: Runtime,
    grace: Duration,
}

impl Driver {
    fn of(command: &[&str]) -> Self {
        Self { pool: Pool::new(rust(command)), runtime: Runtime::new().unwrap(), grace: Duration::from_secs(30) }
    }

    fn lying(lie: &str) -> Self {
        Self::of(&[LYING, HONEST, lie])
    }

    fn run(&self, name: &str, devices: &str, expect: &str) -> Result<(), String> {
        let server =
            format!(r#"{{"devices": ["{devices}"], "access_keys": [{{"id": "LTAI", "secret": "{SECRET}"}}]}}"#);
        let call = r#"{"timeout_ms": 5000}"#;
        let text = format!(r#"{{"about": "x", "call": {call}, "server": {server}, "expect": {expect}}}"#);
        let case = Case::from_value(serde_json::from_str(&text).unwrap()).unwrap();
        run::run(name, &case, &self.pool, &self.runtime, self.grace)
    }

    fn succeeding(&self, name: &str) -> Result<(), String> {
        self.run(name, "GID_test@@@test", r#"{"outcome": "ok", "requests": 1}"#)
    }

    fn failing(&self, name: &str) -> Result<(), String> {
        let error = r#"{"kind": "NotFound", "code": "DeviceCredentialNotFound"}"#;
        self.run(name, "GID_none", &format!(r#"{{"outcome": "error", "requests": 1, "error": {error}}}"#))
    }

    /// The report on a case for which the probe lies; the next case passes.
    fn caught(&self, fails: bool) -> String {
        let run = |name: &str| if fails { self.failing(name) } else { self.succeeding(name) };
        let report = run("a/lie").unwrap_err();
        assert!(!report.contains(SECRET), "{report}");
        run("a/truth").unwrap();
        report
    }
}

#[test]
fn an_honest_probe_passes() {
    let driver = Driver::of(&[HONEST]);
    driver.succeeding("a/lie").unwrap();
    driver.failing("a/lie").unwrap();
    assert_eq!(driver.pool.started(), 1);
    assert!(driver.pool.finish().is_empty());
}

#[test]
fn a_lie_about_an_error_is_caught_and_the_probe_goes_on() {
    for (lie, told) in [
        ("another kind", "kind\n    expected  NotFound\n    seen      Service"),
        ("a kind of its own", "kind\n    expected  a value of its type\n    seen      Oops"),
        ("no request id", "request_id\n    expected  "),
        ("another request id", "request_id\n    expected  "),
        ("no text", "text\n    expected  a value\n    seen      (absent)"),
        ("a key of its own", "mood\n    does not belong"),
        ("an error that was none", "outcome\n    expected  error\n    seen      cancelled"),
        ("secret in text", "the access key secret\n    stands in `text`"),
        ("secret in the log", "the access key secret\n    stands in the probe's log"),
    ] {
        let driver = Driver::lying(lie);
        let report = driver.caught(true);
        assert!(report.contains(told), "{lie}: {report}");
        assert_eq!(driver.pool.started(), 1, "{lie}");
    }
}

#[test]
fn a_lie_about_a_credential_is_caught_and_no_secret_shown() {
    for (lie, told) in [
        ("another device", "client_id\n    expected  GID_test@@@test\n    seen      GID_test@@@other"),
        ("another device's secret", "device_access_key_secret\n    is not the device's"),
        ("another password", "mqtt_password\n    is not the device's"),
        ("no request id", "request_id\n    expected  "),
        ("another request id", "request_id\n    expected  "),
        ("fewer calls", "ok\n    expected  1\n    seen      0"),
        ("a time that is no number", "create_time_ms\n    expected  a value of its type"),
        ("device's secret in text", "the device's secret\n    stands in `text`"),
    ] {
        let report = Driver::lying(lie).caught(false);
        assert!(report.contains(told), "{lie}: {report}");
        for value in ["0123456789abcdef", "MDEyMzQ1Njc4OWFi"] {
            assert!(!report.contains(value), "{lie}: {report}");
        }
        assert!(report.contains("device_access_key_secret = (not shown)"), "{report}");
    }
}

#[test]
fn a_lie_about_how_many_calls_succeeded_is_caught_where_the_case_leaves_the_number_open() {
    let open = r#"{"outcome": "ok", "requests": "ok", "ok": {"at_least": 1}}"#;
    Driver::of(&[HONEST]).run("a/truth", "GID_test@@@test", open).unwrap();
    let report = Driver::lying("fewer calls").run("a/lie", "GID_test@@@test", open).unwrap_err();
    for told in ["ok\n    expected  1\n    seen      0", "requests\n    expected  0\n    seen      1"] {
        assert!(report.contains(told), "{report}");
    }
}

#[test]
fn a_probe_that_is_out_of_step_is_replaced() {
    for (lie, told) in [
        ("another case", "the probe answered for another case: success/credential"),
        ("no line", "the probe wrote what is no line of the protocol"),
        ("dies", "the probe is gone: exit status: 3"),
    ] {
        let driver = Driver::lying(lie);
        let report = driver.caught(true);
        assert!(report.contains(told), "{lie}: {report}");
        assert_eq!(driver.pool.started(), 2, "{lie}");
    }
}

#[test]
fn a_silent_probe_is_ended_by_its_own_process_id() {
    let driver = Driver { grace: Duration::from_millis(500), ..Driver::lying("silent") };
    let report = driver.caught(true);
    let (_, process) = report.split_once("no answer within 5.5s; its process ").unwrap();
    let (process, _) = process.split_once(' ').unwrap();
    assert!(!std::path::Path::new("/proc").join(process).exists(), "{report}");
    assert_eq!(driver.pool.started(), 2);
}

#[test]
fn what_comes_after_an_answer_is_caught_with_the_next_case_or_at_the_end() {
    let twice = Driver::lying("answers twice");
    twice.succeeding("a/first").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let report = twice.succeeding("a/second").unwrap_err();
    assert!(report.contains("a line that nobody asked for, after a/first"), "{report}");

    let late = Driver::lying("logs late");
    late.succeeding("a/first").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let report = late.succeeding("a/second").unwrap_err();
    assert!(report.contains("written after the case before") && !report.contains(SECRET), "{report}");
    let findings = late.pool.finish().concat();
    assert!(findings.contains("after a/second the probe wrote to its log: the access key secret"), "{findings}");
}

#[test]
fn a_probe_ends_with_its_input() {
    let driver = Driver::lying("stays");
    driver.succeeding("a/case").unwrap();
    let begun = Instant::now();
    let findings = driver.pool.finish().concat();
    assert!(findings.contains("did not end with its input"), "{findings}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_probe_that_is_missing_or_another_fails_every_case() {
    for (command, told) in [
        (vec!["/nowhere/probe"], "cannot be started: \"/nowhere/probe\""),
        (vec!["/nowhere/probe"], "cargo builds it with the suite"),
        (vec![LYING, HONEST, "greets as another"], "the probe greets with `probe` \"cobol\", and not \"rust\""),
        (vec![LYING, HONEST, "forgets a kind"], "missing [\"Throttled\"]"),
        (vec![LYING], "the probe is gone"),
    ] {
        let driver = Driver::of(&command);
        for name in ["a/first", "a/second"] {
            let report = driver.succeeding(name).unwrap_err();
            assert!(report.contains(told), "{report}");
        }
    }
}
