//! The driver catches a probe that lies, and continues with a new one if necessary.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use devcred_conformance::case::{self, Case, Count, Outcome};
use devcred_conformance::language::{self, Language};
use devcred_conformance::limits::Limits;
use devcred_conformance::pool::Pool;
use devcred_conformance::run;
use devcred_conformance::suite::cases_folder;
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
}

impl Driver {
    fn new(command: &[&str], limits: Limits) -> Self {
        Self { pool: Pool::new(rust(command), limits), runtime: Runtime::new().unwrap() }
    }

    fn of(command: &[&str]) -> Self {
        Self::new(command, Limits { answer: Duration::from_secs(30), ..Limits::default() })
    }

    fn lying(lie: &str) -> Self {
        Self::of(&[LYING, HONEST, lie])
    }

    fn traced(self) -> Self {
        Self { pool: self.pool.traced(true), ..self }
    }

    fn run(&self, name: &str, devices: &str, expect: &str) -> Result<(), String> {
        let server =
            format!(r#"{{"devices": ["{devices}"], "access_keys": [{{"id": "LTAI", "secret": "{SECRET}"}}]}}"#);
        let call = r#"{"timeout_ms": 5000}"#;
        let text = format!(r#"{{"about": "x", "call": {call}, "server": {server}, "expect": {expect}}}"#);
        let case = Case::from_value(serde_json::from_str(&text).unwrap()).unwrap();
        run::run(name, &case, &self.pool, &self.runtime)
    }

    fn succeeding(&self, name: &str) -> Result<(), String> {
        self.run(name, "GID_test@@@test", r#"{"outcome": "ok", "requests": 1}"#)
    }

    fn failing(&self, name: &str) -> Result<(), String> {
        let error = r#"{"kind": "NotFound", "code": "DeviceCredentialNotFound", "advice": "{*}", "help_url": "{*}"}"#;
        self.run(
            name,
            "GID_none",
            &format!(r#"{{"outcome": "error", "requests": 1, "log": ["debug"], "error": {error}}}"#),
        )
    }

    /// Returns the report on a case in which the probe lies; the next case passes.
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
fn a_lie_about_an_error_is_caught_and_the_probe_is_kept() {
    for (lie, expected) in [
        ("another kind", "kind\n    expected  NotFound\n    seen      Service"),
        ("a kind of its own", "kind\n    expected  a value of its type\n    seen      Oops"),
        ("no request id", "request_id\n    expected  "),
        ("another request id", "request_id\n    expected  "),
        ("another device", "client_id\n    expected  GID_test@@@test\n    seen      GID_test@@@other"),
        ("no client id", "client_id\n    expected  GID_test@@@test\n    seen      (absent)"),
        ("another instance", "instance_id\n    expected  "),
        ("a call that was not billed", "possibly_billed\n    expected  false\n    seen      true"),
        ("a delay that no one requested", "retry_after_ms\n    expected  (absent"),
        ("no text", "text\n    expected  a value\n    seen      (absent)"),
        ("another text", "text\n    expected  a text with \"NotFound: The device"),
        ("an event too many", "log\n    expected  debug\n    seen      debug, warn"),
        ("a key of its own", "mood\n    does not belong"),
        ("an error that was none", "outcome\n    expected  error\n    seen      cancelled"),
        ("secret in text", "the access key secret\n    is in `text`"),
        ("secret in the log", "the access key secret\n    is in the probe's log"),
    ] {
        let driver = Driver::lying(lie);
        let report = driver.caught(true);
        assert!(report.contains(expected), "{lie}: {report}");
        assert_eq!(driver.pool.started(), 1, "{lie}");
    }
}

#[test]
fn a_lie_about_a_credential_is_caught_and_no_secret_shown() {
    for (lie, expected) in [
        ("another device", "client_id\n    expected  GID_test@@@test\n    seen      GID_test@@@other"),
        ("another operation", "operation\n    expected  GetDeviceCredential\n    seen      RegisterDeviceCredential"),
        ("another device's secret", "device_access_key_secret\n    is not the device's"),
        ("another text", "text\n    expected  a text with \"<hidden\"\n    seen      x"),
        ("another password", "mqtt_password\n    is not the device's"),
        ("no request id", "request_id\n    expected  "),
        ("another request id", "request_id\n    expected  "),
        ("fewer calls", "ok\n    expected  1\n    seen      0"),
        ("a time that is no number", "create_time_ms\n    expected  a value of its type"),
        ("device's secret in text", "the device's secret\n    is in `text`"),
    ] {
        let report = Driver::lying(lie).caught(false);
        assert!(report.contains(expected), "{lie}: {report}");
        for value in ["0123456789abcdef", "MDEyMzQ1Njc4OWFi"] {
            assert!(!report.contains(value), "{lie}: {report}");
        }
        assert!(report.contains("device_access_key_secret = (not shown)"), "{report}");
    }
}

#[test]
fn a_traced_case_shows_its_requests_and_responses_without_secrets() {
    let report = Driver::lying("another device").caught(false);
    assert!(!report.contains("HTTP/1.1"), "{report}");
    let report = Driver::lying("another device").traced().caught(false);
    for line in [
        "  1. connection 1\n  > POST /?ClientId=GID_test%40%40%40test&InstanceId=",
        "\n  > x-acs-action: GetDeviceCredential\n",
        "\n  < HTTP/1.1 200 OK\n",
        "\n  < {\"DeviceCredential\":{",
        "\"DeviceAccessKeySecret\":\"<the device's secret>\"",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn a_trace_does_not_delay_a_long_response() {
    let name = "answer/gzip-bomb";
    let (_, case) = case::read_all(&cases_folder()).unwrap().into_iter().find(|(other, _)| other == name).unwrap();
    let Driver { pool, runtime } = Driver::of(&[HONEST]).traced();
    run::run(name, &case.unwrap(), &pool, &runtime).unwrap();
}

#[test]
fn a_lie_about_how_many_calls_succeeded_is_caught_even_if_the_case_expects_no_number() {
    let open = r#"{"outcome": "ok", "requests": "ok", "ok": {"at_least": 1}}"#;
    Driver::of(&[HONEST]).run("a/truth", "GID_test@@@test", open).unwrap();
    let report = Driver::lying("fewer calls").run("a/lie", "GID_test@@@test", open).unwrap_err();
    for expected in ["ok\n    expected  1\n    seen      0", "requests\n    expected  0\n    seen      1"] {
        assert!(report.contains(expected), "{report}");
    }
}

#[test]
fn a_probe_that_is_out_of_sync_is_replaced() {
    for (lie, expected) in [
        ("another case", "the probe answered for another case: success/credential"),
        ("no line", "the probe wrote an invalid line of the protocol"),
        ("dies", "the probe has ended: exit status: 3"),
    ] {
        let driver = Driver::lying(lie);
        let report = driver.caught(true);
        assert!(report.contains(expected), "{lie}: {report}");
        assert_eq!(driver.pool.started(), 2, "{lie}");
    }
}

#[test]
fn a_silent_probe_is_killed_by_its_process_id() {
    let limits = Limits { answer: Duration::from_millis(500), ..Limits::default() };
    let driver = Driver::new(&[LYING, HONEST, "silent"], limits);
    let report = driver.caught(true);
    let (_, process) = report.split_once("did not answer within 5.5s; its process ").unwrap();
    let (process, _) = process.split_once(' ').unwrap();
    assert!(!std::path::Path::new("/proc").join(process).exists(), "{report}");
    assert_eq!(driver.pool.started(), 2);
}

#[test]
fn a_second_answer_is_caught_with_the_next_case() {
    let driver = Driver::lying("answers twice");
    driver.succeeding("a/first").unwrap();
    let report = driver.succeeding("a/second").unwrap_err();
    // It depends on the machine whether the second answer arrives before the next case is sent.
    let before = "an unexpected line after a/first";
    let instead = "the probe answered for another case: a/first";
    assert!(report.contains(before) || report.contains(instead), "{report}");
}

#[test]
fn a_secret_that_is_logged_after_the_answer_is_caught_with_the_next_case_or_at_the_end() {
    let driver = Driver::lying("logs late");
    let first = driver.succeeding("a/first");
    let second = driver.succeeding("a/second");
    let findings = driver.pool.finish();
    let mut reports: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
    reports.extend(findings);
    assert!(reports.len() >= 2, "the log has the secret twice: {reports:?}");
    for report in reports {
        let expected = ["is in the probe's log", "the probe wrote to its log: the access key secret"];
        assert!(expected.iter().any(|text| report.contains(text)) && !report.contains(SECRET), "{report}");
    }
}

#[test]
fn a_probe_ends_with_its_input() {
    let driver =
        Driver::new(&[LYING, HONEST, "stays"], Limits { end: Duration::from_millis(500), ..Limits::default() });
    driver.succeeding("a/case").unwrap();
    let findings = driver.pool.finish().concat();
    assert!(findings.contains("did not end with its input within 500ms"), "{findings}");
}

fn all_calls(case: &Case) -> u64 {
    let form = &case.call.form;
    u64::from(form.calls.unwrap_or(1)) * u64::from(form.repeat.unwrap_or(1))
}

/// The counts of a probe that cancels nothing are those that the case expects.
#[test]
fn a_cancellation_that_cancels_nothing_is_caught_in_every_case() {
    let is_cancelled = |case: &Case| case.expect.outcome == Outcome::Cancelled;
    let cases: Vec<_> = case::read_all(&cases_folder()).unwrap();
    let cases = cases.into_iter().filter_map(|(name, case)| Some((name, case.ok().filter(is_cancelled)?)));
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() >= 6, "{} cases", cases.len());
    let caught = |(name, case): &(String, Case)| {
        let (ok, failed) = match (case.expect.ok, case.expect.failed) {
            (Some(Count::Exactly(ok)), Some(failed)) => (ok, failed),
            (Some(Count::Bounded(ok)), _) => (ok.at_least, all_calls(case) - ok.at_least),
            other => panic!("{name}: {other:?}"),
        };
        let lie = format!("cancels nothing {ok} {failed}");
        let driver =
            Driver::new(&[LYING, HONEST, &lie], Limits { closed: Duration::from_secs(2), ..Limits::default() });
        let report = run::run(name, case, &driver.pool, &driver.runtime).expect_err(name);
        let before = report.split("\n    expected  ").map(|part| part.lines().next_back().unwrap_or_default().trim());
        let mut findings: Vec<_> = before.collect();
        findings.pop();
        let of_cancellation = |finding: &&str| ["cancelled", "requests"].contains(finding);
        assert!(!findings.is_empty() && findings.iter().all(of_cancellation), "{name}: {report}");
        driver.pool.finish();
    };
    std::thread::scope(|scope| {
        cases.iter().for_each(|case| drop(scope.spawn(move || caught(case))));
    });
}

#[test]
fn a_probe_that_is_missing_or_another_fails_every_case() {
    for (command, expected) in [
        (vec!["/nowhere/probe"], "cannot be started: \"/nowhere/probe\""),
        (vec!["/nowhere/probe"], "cargo builds it with the suite"),
        (vec![LYING, HONEST, "greets as another"], "the probe greets with `probe` \"cobol\", expected \"rust\""),
        (vec![LYING, HONEST, "forgets a kind"], "missing [\"Throttled\"]"),
        (vec![LYING], "the probe has ended"),
    ] {
        let driver = Driver::of(&command);
        for name in ["a/first", "a/second"] {
            let report = driver.succeeding(name).unwrap_err();
            assert!(report.contains(expected), "{report}");
        }
    }
}
