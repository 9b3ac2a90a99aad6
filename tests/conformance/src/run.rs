//! One case in one language, from its emulator to its verdict.

use std::fmt::Write;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::asked::Asked;
use crate::canary::Canaries;
use crate::case::{Case, Outcome};
use crate::line::Line;
use crate::pool::Pool;
use crate::server::{Counted, Running};
use crate::trace;
use crate::verdict::{self, SECRET_KEYS, Seen};

/// Of a long log, the end says most.
const LOG_LINES: usize = 60;

/// What a probe did with a case.
struct Done {
    answer: Result<Line, String>,
    took: Duration,
    /// Whether the cancelled calls of the case closed their connections.
    given_up: Option<Result<(), String>>,
    log: String,
    /// Written after the answer to the case before.
    late_secrets: Vec<String>,
    /// Every secret that the probe has been given.
    secrets: Canaries,
}

/// Runs a case, and reports what is not as it must be. No secret stands in the report.
///
/// # Errors
/// The report.
pub fn run(name: &str, case: &Case, pool: &Pool, runtime: &Runtime) -> Result<(), String> {
    let limits = pool.limits();
    let server = runtime.block_on(Running::start(&case.server, pool.is_traced()))?;
    let mut asked = Asked::new(name, case, &server);
    let is_cancelled = case.expect.outcome == Outcome::Cancelled;
    let done = pool.lend(&asked.environment, |probe| {
        let late = probe.new_log();
        let late_secrets = probe.secrets().found_in(&late).into_iter().map(str::to_owned).collect();
        probe.watch_for(&asked.secrets);
        let begun = Instant::now();
        let answer = probe.ask(&asked.line, asked.longest + limits.answer);
        let took = begun.elapsed();
        // The probe keeps its client until it is asked again: only the cancellation can have ended these calls.
        let ok = answer.as_ref().ok().filter(|_| is_cancelled).map(verdict::ok_calls);
        let given_up = ok.map(|ok| runtime.block_on(server.wait_until_given_up(ok, limits.closed, limits.quiet)));
        Done { answer, took, given_up, log: probe.new_log(), late_secrets, secrets: probe.secrets().clone() }
    });
    let done = done.map_err(|failure| asked.secrets.cut_out_of(&failure))?;
    let requests = case.expect.requests.number(done.answer.as_ref().map_or(0, verdict::ok_calls));
    let counted = runtime.block_on(server.count(requests, case.expect.connections.unwrap_or(0)));
    let device_secrets = device_secrets(&server, &asked);
    let (this_run, host) = (server.placeholders(), server.host().to_owned());
    runtime.block_on(server.stop());

    let mut secrets = done.secrets;
    for (client_id, secret) in &device_secrets {
        for secret in [secret, &verdict::mqtt_password(secret, client_id)] {
            secrets.add("the device's secret", secret);
            asked.secrets.add("the device's secret", secret);
        }
    }
    let mut findings: Vec<String> = Vec::new();
    for name in &done.late_secrets {
        findings.push(format!("{name}\n    stands in the probe's log, written after the case before"));
    }
    for name in secrets.found_in(&done.log) {
        findings.push(format!("{name}\n    stands in the probe's log"));
    }
    match &done.answer {
        Err(failure) => findings.push(failure.clone()),
        Ok(answer) => {
            findings.extend(leaks(answer, &secrets));
            findings.extend(done.given_up.and_then(Result::err));
            let of_first = device_secrets.iter().find(|(client_id, _)| Some(client_id) == asked.client_ids.first());
            let device_secret = of_first.map(|(_, secret)| secret.as_str());
            findings.extend(verdict::findings(&Seen {
                case,
                asked: &asked,
                answer,
                took: done.took,
                slow: limits.slow,
                log: &done.log,
                counted: &counted,
                device_secret,
                this_run: &this_run,
                host: &host,
                language: pool.language().name,
            }));
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    let mut report = report(case, &findings, done.answer.as_ref().ok(), &counted, &done.log);
    if pool.is_traced() {
        report += &trace::shown(&counted.exchanges, &secrets);
    }
    Err(secrets.cut_out_of(&report))
}

/// The secrets of the devices that were asked for, as far as they have any.
fn device_secrets(server: &Running, asked: &Asked) -> Vec<(String, String)> {
    let secret_of = |client_id: &String| {
        server.device_secret(&asked.instance_id, client_id).map(|secret| (client_id.clone(), secret))
    };
    asked.client_ids.iter().filter_map(secret_of).collect()
}

/// Secrets in the answer, other than in the keys that carry them.
fn leaks(answer: &Line, secrets: &Canaries) -> Vec<String> {
    let open = answer.pairs().filter(|(key, _)| !SECRET_KEYS.contains(key));
    let found = open.flat_map(|(key, value)| secrets.found_in(value).into_iter().map(move |name| (key, name)));
    found.map(|(key, name)| format!("{name}\n    stands in `{key}`")).collect()
}

fn report(case: &Case, findings: &[String], answer: Option<&Line>, counted: &Counted, log: &str) -> String {
    let mut text = format!("{}\n\n", case.about);
    for finding in findings {
        let _ = writeln!(text, "  {}", finding.trim_end());
    }
    let Counted { calls, connections, .. } = counted;
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
        for (key, value) in verdict::shown(answer) {
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
