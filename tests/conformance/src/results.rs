//! Compares what a probe reported and what the emulator recorded with what the case expects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcred::ErrorKind;
use devcred_emulator::{CallEnd, RecordedCall};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::canonical;
use crate::case::{CREDENTIAL_KEYS, Case, Count, ERROR_KEYS, Expect, Expected, Outcome, Took};
use crate::client_input::ClientInput;
use crate::line::Line;
use crate::pattern;
use crate::server::Counts;

/// The keys of an answer whose values are secret: they are compared and never printed.
pub(crate) const SECRET_KEYS: [&str; 2] = ["device_access_key_secret", "mqtt_password"];

/// The keys that any answer can have.
const ALWAYS: &[&str] = &["case", "outcome", "ok", "failed", "text", "client_text", "key_refused"];
/// The keys of an error that are optional.
const OPTIONAL: &[&str] =
    &["code", "client_id", "instance_id", "http_status", "request_id", "retry_after_ms", "help_url", "advice"];

mod log;
mod text;

/// What happened in a case.
pub(crate) struct Observed<'a> {
    pub(crate) case: &'a Case,
    pub(crate) input: &'a ClientInput,
    pub(crate) answer: &'a Line,
    pub(crate) took: Duration,
    /// How many times slower than usual the probe is.
    pub(crate) slow: u32,
    /// What the probe wrote to stderr.
    pub(crate) log: &'a str,
    pub(crate) counts: &'a Counts,
    /// The secret of the device whose credential was returned.
    pub(crate) device_secret: Option<&'a str>,
    pub(crate) placeholders: &'a [(&'static str, String)],
    pub(crate) host: &'a str,
    pub(crate) language: &'a str,
}

/// Returns every difference between the observed and the expected.
pub(crate) fn findings(observed: &Observed) -> Vec<String> {
    let mut findings = Findings(Vec::new());
    let expect = &observed.case.expect;
    findings.equal("outcome", expect.outcome.name(), observed.answer.get("outcome").unwrap_or("(absent)"));
    observed.keys(&mut findings);
    match observed.answer.get("outcome") {
        Some("ok") => observed.credential(&mut findings),
        Some("error") => observed.error(&mut findings),
        _ => {}
    }
    observed.text(&mut findings);
    observed.expected_keys(&mut findings);
    observed.log(&mut findings);
    observed.took(&mut findings);
    observed.numbers(&mut findings, expect);
    observed.requests(&mut findings, expect);
    findings.0
}

struct Findings(Vec<String>);

impl Findings {
    fn equal(&mut self, what: &str, expected: impl ToString, seen: impl ToString) {
        let (expected, seen) = (expected.to_string(), seen.to_string());
        if expected != seen {
            self.differ(what, &expected, &seen);
        }
    }

    fn differ(&mut self, what: &str, expected: &str, seen: &str) {
        self.0.push(format!("{what}\n    expected  {expected}\n    seen      {seen}"));
    }
}

impl Observed<'_> {
    /// Checks that the keys are those of the outcome, each with a value of its type.
    fn keys(&self, findings: &mut Findings) {
        let of_outcome = match self.answer.get("outcome") {
            Some("ok") => CREDENTIAL_KEYS,
            Some("error") => ERROR_KEYS,
            _ => &[],
        };
        for (key, value) in self.answer.pairs() {
            if !ALWAYS.contains(&key) && !of_outcome.contains(&key) {
                findings
                    .0
                    .push(format!("{key}\n    does not belong in this answer: tests/README.md has the table of keys"));
            }
            let type_fits = match key {
                "ok" | "failed" | "create_time_ms" | "update_time_ms" | "http_status" | "attempts"
                | "retry_after_ms" => value.parse::<u64>().is_ok(),
                "retryable" | "possibly_billed" => ["true", "false"].contains(&value),
                "kind" | "key_refused" => ErrorKind::ALL.iter().any(|kind| kind.name() == value),
                "text" | "message" => !value.is_empty(),
                _ => true,
            };
            if !type_fits {
                findings.differ(key, "a value of its type", value);
            }
        }
        let required = of_outcome.iter().filter(|key| !OPTIONAL.contains(key) || of_outcome == CREDENTIAL_KEYS);
        let text = if of_outcome.is_empty() { None } else { Some(&"text") };
        for key in required.chain(text).filter(|key| self.answer.get(key).is_none()) {
            if !self.is_named(key) {
                findings.differ(key, "a value", "(absent)");
            }
        }
    }

    /// Checks what is true for every credential, unless the case says otherwise.
    fn credential(&self, findings: &mut Findings) {
        let client_id = self.input.client_ids.first().map_or("", String::as_str);
        let username = format!("DeviceCredential|{}|{}", self.seen("device_access_key_id"), self.input.instance_id);
        for (key, expected) in [
            ("client_id", client_id),
            ("instance_id", &self.input.instance_id),
            ("mqtt_client_id", client_id),
            ("mqtt_username", &username),
        ] {
            if !self.is_named(key) {
                findings.equal(key, expected, self.seen(key));
            }
        }
        self.request_id(findings);

        let named = self.case.expect.result.get("device_access_key_secret");
        let named = named.and_then(|value| value.as_ref().map(Expected::text));
        let Some(secret) = named.as_deref().or(self.device_secret) else {
            findings
                .0
                .push("device_access_key_secret\n    cannot be compared: the emulator does not know it".to_owned());
            return;
        };
        let password = mqtt_password(secret, client_id);
        for (key, expected) in SECRET_KEYS.into_iter().zip([secret, &password]) {
            if self.seen(key) != expected {
                findings.0.push(format!("{key}\n    is not the device's (neither is shown)"));
            }
        }
    }

    /// Checks what is true of every error, unless the case says otherwise.
    fn error(&self, findings: &mut Findings) {
        if self.answer.get("code").is_some() {
            self.request_id(findings);
        }
        for key in ["code", "retry_after_ms", "help_url", "advice"].into_iter().filter(|key| !self.is_named(key)) {
            if let Some(seen) = self.answer.get(key) {
                findings.differ(key, "(absent, because the case does not name it)", seen);
            }
        }
        if !self.is_named("retryable") {
            let retried = ["Throttled", "Timeout", "Transport", "Service"];
            findings.equal("retryable", retried.contains(&self.seen("kind")), self.seen("retryable"));
        }
        if !self.is_named("possibly_billed") {
            let is_unreadable_success =
                self.seen("kind") == "InvalidResponse" && self.seen("http_status").starts_with('2');
            let is_billed = is_unreadable_success || self.seen("message").contains("possibly billed");
            findings.equal("possibly_billed", is_billed, self.seen("possibly_billed"));
        }
        self.ids(findings);
    }

    /// Checks that the error of a call that was made names the device and the instance.
    fn ids(&self, findings: &mut Findings) {
        let was_sent = self.seen("attempts") != "0";
        let instance_ids = [self.input.instance_id.clone()];
        for (key, ids) in [("client_id", self.input.client_ids.as_slice()), ("instance_id", &instance_ids)] {
            let is_of_call = |seen: &str| ids.iter().any(|id| id == seen);
            if !self.is_named(key) && !self.answer.get(key).map_or(!was_sent, is_of_call) {
                findings.differ(key, &ids.join(" or "), self.answer.get(key).unwrap_or("(absent)"));
            }
        }
    }

    fn text(&self, findings: &mut Findings) {
        let required = text::required_text(self.answer);
        if let Some(required) = required.filter(|required| !self.seen("text").contains(required)) {
            findings.differ("text", &format!("a text with {required:?}"), self.seen("text"));
        }
    }

    fn log(&self, findings: &mut Findings) {
        if let Some(expected) = &self.case.expect.log {
            let mut expected: Vec<_> = expected.iter().map(|level| level.name()).collect();
            let mut seen = log::levels(self.log);
            // Concurrent calls write their events in any order.
            if self.input.calls > 1 {
                expected.sort_unstable();
                seen.sort_unstable();
            }
            findings.equal("log", expected.join(", "), seen.join(", "));
        }
    }

    fn took(&self, findings: &mut Findings) {
        let Took { at_least, at_most } = self.case.expect.took_ms;
        let at_least = at_least.map(Duration::from_millis).filter(|at_least| self.took < *at_least);
        let at_most = at_most.map(|most| Duration::from_millis(most) * self.slow).filter(|most| self.took > *most);
        for (word, bound) in [("at least", at_least), ("at most", at_most)] {
            if let Some(bound) = bound {
                findings.differ("took", &format!("{word} {bound:?}"), &format!("{:?}", self.took));
            }
        }
    }

    /// Checks that the request id is that of the last response, or with several calls of one of
    /// them.
    fn request_id(&self, findings: &mut Findings) {
        if self.is_named("request_id") {
            return;
        }
        let seen = self.seen("request_id");
        let ids: Vec<_> = self.counts.calls.iter().map(|call| call.request_id.as_str()).collect();
        let fits = if self.input.calls > 1 { ids.contains(&seen) } else { ids.last() == Some(&seen) };
        if !fits {
            findings.differ("request_id", ids.last().unwrap_or(&"(no request arrived)"), seen);
        }
    }

    /// Compares the keys that the case expects.
    fn expected_keys(&self, findings: &mut Findings) {
        let Expect { outcome, result, error, .. } = &self.case.expect;
        if self.answer.get("outcome") != Some(outcome.name()) {
            return;
        }
        let of_answer = [("{code}", "code"), ("{request_id}", "request_id")];
        let of_answer = of_answer.map(|(word, key)| (word, self.answer.get(key).unwrap_or_default().to_owned()));
        let words = [self.placeholders, &of_answer].concat();
        for (key, expected) in result.iter().chain(error).filter(|(key, _)| !SECRET_KEYS.contains(&key.as_str())) {
            let seen = self.answer.get(key);
            match (expected.as_ref().map(Expected::text), seen) {
                (None, None) => {}
                (None, Some(seen)) => findings.differ(key, "(absent)", seen),
                (Some(expected), None) => findings.differ(key, &expected, "(absent)"),
                (Some(expected), Some(seen)) if !pattern::matches(&expected, &words, seen) => {
                    findings.differ(key, &pattern::fill(&expected, &words), seen);
                }
                _ => {}
            }
        }
    }

    fn numbers(&self, findings: &mut Findings, expect: &Expect) {
        let calls = self.input.calls;
        let all = if expect.outcome == Outcome::Ok { calls } else { 0 };
        let ok = match expect.ok {
            Some(Count::Exactly(ok)) => ok,
            // At least that many: any larger number is right.
            Some(Count::Bounded(bound)) => bound.at_least.max(ok_calls(self.answer) as u64),
            None => expect.failed.map_or(all, |failed| calls.saturating_sub(failed)),
        };
        findings.equal("ok", ok, self.answer.get("ok").unwrap_or("(absent)"));
        let failed = expect.failed.unwrap_or(calls.saturating_sub(ok));
        findings.equal("failed", failed, self.answer.get("failed").unwrap_or("(absent)"));
    }

    fn requests(&self, findings: &mut Findings, expect: &Expect) {
        let Counts { calls, connections, peak_connections, proxy_requests, redirect_connections, .. } = self.counts;
        let nonces: BTreeSet<_> = calls.iter().filter_map(|call| call.nonce.as_deref()).collect();
        let some = |value: Option<usize>, seen: usize| value.unwrap_or(seen);
        findings.equal("requests", expect.requests.number(ok_calls(self.answer)), calls.len());
        findings.equal("distinct_nonces", some(expect.distinct_nonces, nonces.len()), nonces.len());
        let expected = expect.connections.unwrap_or(if self.needs_one_connection() { 1 } else { *connections });
        findings.equal("connections", expected, connections);
        let most = expect.peak_connections.unwrap_or(u64::MAX);
        findings.equal("peak_connections", most.min(*peak_connections), peak_connections);
        findings.equal("proxy_requests", some(expect.proxy_requests, *proxy_requests), proxy_requests);
        findings.equal("connections to the target of a redirect", 0, redirect_connections);
        if let Some(other) = calls.iter().find(|call| call.operation.as_ref() != Some(&self.input.operation)) {
            findings.differ("operation", &self.input.operation, other.operation.as_deref().unwrap_or("(absent)"));
        }
        // Support asks for it, and it identifies the language in the service's logs.
        let user_agent = format!("devcred/{} {}", env!("CARGO_PKG_VERSION"), self.language);
        if let Some(other) = calls.iter().find(|call| call.user_agent.as_ref() != Some(&user_agent)) {
            findings.differ("user-agent", &user_agent, other.user_agent.as_deref().unwrap_or("(absent)"));
        }
        if calls.iter().any(|call| call.headers.iter().any(|(name, _)| name == "cookie")) {
            findings.differ("cookie", "in no request", "in a request");
        }
        if let Some(expected) = &expect.signed_with {
            let seen = calls.iter().map(|call| call.access_key_id.as_deref().unwrap_or("(none)"));
            let expected: Vec<_> = expected.iter().map(|id| pattern::fill(id, self.placeholders)).collect();
            findings.equal("signed_with", expected.join(", "), seen.collect::<Vec<_>>().join(", "));
        }
        self.refused(findings, expect);
    }

    /// Whether the calls must share a connection: they do if they run one after the other and each
    /// request has a response.
    fn needs_one_connection(&self) -> bool {
        let Counts { calls, .. } = self.counts;
        let is_answered = |call: &RecordedCall| call.end == Some(CallEnd::Answered);
        self.case.expect.outcome == Outcome::Ok && self.input.client_ids.len() == 1 && calls.iter().all(is_answered)
    }

    fn refused(&self, findings: &mut Findings, expect: &Expect) {
        let refused = canonical::refused(&self.counts.calls);
        let codes: Vec<_> = refused.iter().map(|(_, code)| *code).collect();
        if codes == expect.refused {
            return;
        }
        let mut text = format!("refused\n    expected  {:?}\n    seen      {codes:?}\n", expect.refused);
        for (call, code) in refused.iter().filter(|(_, code)| !expect.refused.iter().any(|known| known == code)) {
            let sent = call.client_id.as_ref().filter(|id| self.input.client_ids.contains(id));
            let client_id = sent.or(self.input.client_ids.first()).map_or("", String::as_str);
            text += &format!("  request {} was refused with {code}\n", call.number);
            text += &canonical::side_by_side(call, self.input, client_id, self.host);
        }
        findings.0.push(text);
    }

    fn seen(&self, key: &str) -> &str {
        self.answer.get(key).unwrap_or("(absent)")
    }

    fn is_named(&self, key: &str) -> bool {
        let Expect { result, error, .. } = &self.case.expect;
        result.contains_key(key) || error.contains_key(key)
    }
}

/// Returns the number of successful calls that the probe reports.
pub(crate) fn ok_calls(answer: &Line) -> usize {
    answer.get("ok").and_then(|ok| ok.parse().ok()).unwrap_or(0)
}

/// base64(HMAC-SHA1(secret, client id)), as in the service's documents. The driver calculates it
/// itself, so that it can check the core's.
pub(crate) fn mqtt_password(secret: &str, client_id: &str) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    STANDARD.encode(mac.chain_update(client_id.as_bytes()).finalize().into_bytes())
}

/// Returns the answer without its secrets, for a report.
pub(crate) fn without_secrets(answer: &Line) -> BTreeMap<&str, &str> {
    answer.pairs().map(|(key, value)| (key, if SECRET_KEYS.contains(&key) { "(not shown)" } else { value })).collect()
}
