//! One case in one language, from its emulator to its result.

use std::fmt::Write;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::case::{Case, Outcome};
use crate::client_input::ClientInput;
use crate::leak_check::Secrets;
use crate::line::Line;
use crate::pool::Pool;
use crate::results::{self, Observed, SECRET_KEYS};
use crate::server::{Counts, Running};
use crate::trace;

/// The end of a long log is the most useful part.
const LOG_LINES: usize = 60;

/// What a probe did in a case.
struct ProbeRun {
    answer: Result<Line, String>,
    took: Duration,
    /// Whether the cancelled calls of the case closed their connections.
    cancellation: Option<Result<(), String>>,
    log: String,
    /// The secrets that it logged after the answer to the previous case.
    late_secrets: Vec<String>,
    /// Every secret that the probe has received.
    secrets: Secrets,
}

/// Runs a case. The report of a failure contains no secret.
///
/// # Errors
/// The report.
pub fn run(name: &str, case: &Case, pool: &Pool, runtime: &Runtime) -> Result<(), String> {
    let limits = pool.limits();
    let server = runtime.block_on(Running::start(&case.server, pool.is_traced()))?;
    let mut input = ClientInput::new(name, case, &server);
    let is_cancelled = case.expect.outcome == Outcome::Cancelled;
    let done = pool.with_probe(&input.environment, |probe| {
        let late = probe.new_log();
        let late_secrets = probe.secrets().found_in(&late).into_iter().map(str::to_owned).collect();
        probe.add_secrets(&input.secrets);
        let begun = Instant::now();
        let answer = probe.ask(&input.line, input.longest + limits.answer);
        let took = begun.elapsed();
        // The probe keeps its client until its next call, so only the cancellation can have ended
        // these calls.
        let ok = answer.as_ref().ok().filter(|_| is_cancelled).map(results::ok_calls);
        let cancellation = ok.map(|ok| runtime.block_on(server.wait_until_cancelled(ok, limits.closed, limits.quiet)));
        ProbeRun { answer, took, cancellation, log: probe.new_log(), late_secrets, secrets: probe.secrets().clone() }
    });
    let done = done.map_err(|failure| input.secrets.redact(&failure))?;
    let requests = case.expect.requests.number(done.answer.as_ref().map_or(0, results::ok_calls));
    let counts = runtime.block_on(server.count(requests, case.expect.connections.unwrap_or(0)));
    let device_secrets = device_secrets(&server, &input);
    let (placeholders, host) = (server.placeholders(), server.host().to_owned());
    runtime.block_on(server.stop());

    let mut secrets = done.secrets;
    for (client_id, secret) in &device_secrets {
        for secret in [secret, &results::mqtt_password(secret, client_id)] {
            secrets.add("the device's secret", secret);
            input.secrets.add("the device's secret", secret);
        }
    }
    let mut findings: Vec<String> = Vec::new();
    for name in &done.late_secrets {
        findings.push(format!("{name}\n    is in the probe's log, written after the previous case"));
    }
    for name in secrets.found_in(&done.log) {
        findings.push(format!("{name}\n    is in the probe's log"));
    }
    match &done.answer {
        Err(failure) => findings.push(failure.clone()),
        Ok(answer) => {
            findings.extend(leaks(answer, &secrets));
            findings.extend(done.cancellation.and_then(Result::err));
            let of_first = device_secrets.iter().find(|(client_id, _)| Some(client_id) == input.client_ids.first());
            let device_secret = of_first.map(|(_, secret)| secret.as_str());
            findings.extend(results::findings(&Observed {
                case,
                input: &input,
                answer,
                took: done.took,
                slow: limits.slow,
                log: &done.log,
                counts: &counts,
                device_secret,
                placeholders: &placeholders,
                host: &host,
                language: pool.language().name,
            }));
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    let mut report = report(case, &findings, done.answer.as_ref().ok(), &counts, &done.log);
    if pool.is_traced() {
        report += &trace::shown(&counts.exchanges, &secrets);
    }
    Err(secrets.redact(&report))
}

/// Returns the secrets of the requested devices that have one.
fn device_secrets(server: &Running, input: &ClientInput) -> Vec<(String, String)> {
    let secret_of = |client_id: &String| {
        server.device_secret(&input.instance_id, client_id).map(|secret| (client_id.clone(), secret))
    };
    input.client_ids.iter().filter_map(secret_of).collect()
}

/// Returns findings for secrets in the answer, except in the keys that contain one.
fn leaks(answer: &Line, secrets: &Secrets) -> Vec<String> {
    let open = answer.pairs().filter(|(key, _)| !SECRET_KEYS.contains(key));
    let found = open.flat_map(|(key, value)| secrets.found_in(value).into_iter().map(move |name| (key, name)));
    found.map(|(key, name)| format!("{name}\n    is in `{key}`")).collect()
}

fn report(case: &Case, findings: &[String], answer: Option<&Line>, counts: &Counts, log: &str) -> String {
    let mut text = format!("{}\n\n", case.about);
    for finding in findings {
        let _ = writeln!(text, "  {}", finding.trim_end());
    }
    let Counts { calls, connections, .. } = counts;
    let _ = writeln!(text, "\nthe emulator counted {} requests on {connections} connections", calls.len());
    for call in calls {
        let said = match (call.status, call.code.as_deref()) {
            (Some(status), Some(code)) => format!("{status} {code}"),
            (Some(status), None) => status.to_string(),
            _ => "no answer".to_owned(),
        };
        let (number, id) = (call.number, call.client_id.as_deref().unwrap_or("(no client id)"));
        let _ = writeln!(text, "  {number}. {id}, connection {}: {said}, {}", call.connection, call.request_id);
    }
    if let Some(answer) = answer {
        let _ = writeln!(text, "\nthe probe answered");
        for (key, value) in results::without_secrets(answer) {
            let _ = writeln!(text, "  {key} = {}", value.replace('\n', "\n      "));
        }
    }
    let lines: Vec<_> = log.lines().collect();
    let left_out = lines.len().saturating_sub(LOG_LINES);
    let _ = writeln!(text, "\nthe probe's stderr, {} lines", lines.len());
    for line in lines.iter().skip(left_out) {
        let _ = writeln!(text, "  {line}");
    }
    text
}
