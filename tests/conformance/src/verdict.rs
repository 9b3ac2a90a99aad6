//! Compares what a probe saw, and what the emulator counted, with what the case expects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcred::ErrorKind;
use devcred_emulator::{CallEnd, RecordedCall};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::asked::Asked;
use crate::canonical;
use crate::case::{Case, Count, Expect, Expected, OF_A_CREDENTIAL, OF_AN_ERROR, Outcome, Took};
use crate::line::Line;
use crate::pattern;
use crate::server::Counted;

/// The values of a probe's answer that are secrets: compared, and shown nowhere.
pub(crate) const SECRET_KEYS: [&str; 2] = ["device_access_key_secret", "mqtt_password"];

/// Every key that an answer can have, by where it may stand.
const ALWAYS: &[&str] = &["case", "outcome", "ok", "failed", "text", "client_text", "key_refused"];
/// Those of an error that are left out where there is nothing to say.
const OPTIONAL: &[&str] = &["code", "http_status", "request_id", "help_url", "advice"];

mod log;
mod text;

/// What a case came to.
pub(crate) struct Seen<'a> {
    pub(crate) case: &'a Case,
    pub(crate) asked: &'a Asked,
    pub(crate) answer: &'a Line,
    pub(crate) took: Duration,
    /// By how much slower than usual the probe is.
    pub(crate) slow: u32,
    /// What the probe wrote to stderr.
    pub(crate) log: &'a str,
    pub(crate) counted: &'a Counted,
    /// The secret of the device whose credential was answered.
    pub(crate) device_secret: Option<&'a str>,
    pub(crate) this_run: &'a [(&'static str, String)],
    pub(crate) host: &'a str,
    pub(crate) language: &'a str,
}

/// Everything that is not as it must be, one finding each.
pub(crate) fn findings(seen: &Seen) -> Vec<String> {
    let mut findings = Findings(Vec::new());
    let expect = &seen.case.expect;
    findings.equal("outcome", expect.outcome.name(), seen.answer.get("outcome").unwrap_or("(absent)"));
    seen.keys(&mut findings);
    match seen.answer.get("outcome") {
        Some("ok") => seen.credential(&mut findings),
        Some("error") => seen.error(&mut findings),
        _ => {}
    }
    seen.text(&mut findings);
    seen.written(&mut findings);
    seen.log(&mut findings);
    seen.took(&mut findings);
    seen.numbers(&mut findings, expect);
    seen.requests(&mut findings, expect);
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

impl Seen<'_> {
    /// Whether the keys are those of the outcome, each with a value of its type.
    fn keys(&self, findings: &mut Findings) {
        let of_outcome = match self.answer.get("outcome") {
            Some("ok") => OF_A_CREDENTIAL,
            Some("error") => OF_AN_ERROR,
            _ => &[],
        };
        for (key, value) in self.answer.pairs() {
            if !ALWAYS.contains(&key) && !of_outcome.contains(&key) {
                findings
                    .0
                    .push(format!("{key}\n    does not belong in this answer: tests/README.md has the table of keys"));
            }
            let type_fits = match key {
                "ok" | "failed" | "create_time_ms" | "update_time_ms" | "http_status" | "attempts" => {
                    value.parse::<u64>().is_ok()
                }
                "retryable" => ["true", "false"].contains(&value),
                "kind" | "key_refused" => ErrorKind::ALL.iter().any(|kind| kind.name() == value),
                "text" | "message" => !value.is_empty(),
                _ => true,
            };
            if !type_fits {
                findings.differ(key, "a value of its type", value);
            }
        }
        let required = of_outcome.iter().filter(|key| !OPTIONAL.contains(key) || of_outcome == OF_A_CREDENTIAL);
        let text = if of_outcome.is_empty() { None } else { Some(&"text") };
        for key in required.chain(text).filter(|key| self.answer.get(key).is_none()) {
            if !self.is_named(key) {
                findings.differ(key, "a value", "(absent)");
            }
        }
    }

    /// What every credential must be, without a case saying it.
    fn credential(&self, findings: &mut Findings) {
        let client_id = self.asked.client_ids.first().map_or("", String::as_str);
        let username = format!("DeviceCredential|{}|{}", self.seen("device_access_key_id"), self.asked.instance_id);
        for (key, expected) in [
            ("client_id", client_id),
            ("instance_id", &self.asked.instance_id),
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
                .push("device_access_key_secret\n    cannot be compared: the emulator did not tell it".to_owned());
            return;
        };
        let password = mqtt_password(secret, client_id);
        for (key, expected) in SECRET_KEYS.into_iter().zip([secret, &password]) {
            if self.seen(key) != expected {
                findings.0.push(format!("{key}\n    is not the device's (neither is shown)"));
            }
        }
    }

    /// What every error must be unless the case says otherwise.
    fn error(&self, findings: &mut Findings) {
        if self.answer.get("code").is_some() {
            self.request_id(findings);
        }
        for key in ["code", "help_url", "advice"].into_iter().filter(|key| !self.is_named(key)) {
            if let Some(seen) = self.answer.get(key) {
                findings.differ(key, "(absent, because the case does not name it)", seen);
            }
        }
        if !self.is_named("retryable") {
            let retried = ["Throttled", "Timeout", "Transport", "Service"];
            findings.equal("retryable", retried.contains(&self.seen("kind")), self.seen("retryable"));
        }
    }

    fn text(&self, findings: &mut Findings) {
        let required = text::required(self.answer);
        if let Some(required) = required.filter(|required| !self.seen("text").contains(required)) {
            findings.differ("text", &format!("a text with {required:?}"), self.seen("text"));
        }
    }

    fn log(&self, findings: &mut Findings) {
        if let Some(expected) = &self.case.expect.log {
            let mut expected: Vec<_> = expected.iter().map(|level| level.name()).collect();
            let mut seen = log::levels(self.log);
            // Several calls write their events in any order.
            if self.asked.calls > 1 {
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

    /// The request id is that of the last answer; of many calls, that of one of them.
    fn request_id(&self, findings: &mut Findings) {
        if self.is_named("request_id") {
            return;
        }
        let seen = self.seen("request_id");
        let ids: Vec<_> = self.counted.calls.iter().map(|call| call.request_id.as_str()).collect();
        let fits = if self.asked.calls > 1 { ids.contains(&seen) } else { ids.last() == Some(&seen) };
        if !fits {
            findings.differ("request_id", ids.last().unwrap_or(&"(no request arrived)"), seen);
        }
    }

    /// What the case itself says of the answer.
    fn written(&self, findings: &mut Findings) {
        let Expect { outcome, result, error, .. } = &self.case.expect;
        if self.answer.get("outcome") != Some(outcome.name()) {
            return;
        }
        let of_answer = [("{code}", "code"), ("{request_id}", "request_id")];
        let of_answer = of_answer.map(|(word, key)| (word, self.answer.get(key).unwrap_or_default().to_owned()));
        let words = [self.this_run, &of_answer].concat();
        for (key, expected) in result.iter().chain(error).filter(|(key, _)| !SECRET_KEYS.contains(&key.as_str())) {
            let seen = self.answer.get(key);
            match (expected.as_ref().map(Expected::text), seen) {
                (None, None) => {}
                (None, Some(seen)) => findings.differ(key, "(absent)", seen),
                (Some(expected), None) => findings.differ(key, &expected, "(absent)"),
                (Some(expected), Some(seen)) if !pattern::matches(&expected, &words, seen) => {
                    findings.differ(key, &pattern::filled(&expected, &words), seen);
                }
                _ => {}
            }
        }
    }

    fn numbers(&self, findings: &mut Findings, expect: &Expect) {
        let calls = self.asked.calls;
        let all = if expect.outcome == Outcome::Ok { calls } else { 0 };
        let ok = match expect.ok {
            Some(Count::Exactly(ok)) => ok,
            // Where it is so many, it is as many as there are.
            Some(Count::Bounded(bound)) => bound.at_least.max(ok_calls(self.answer) as u64),
            None => expect.failed.map_or(all, |failed| calls.saturating_sub(failed)),
        };
        findings.equal("ok", ok, self.answer.get("ok").unwrap_or("(absent)"));
        let failed = expect.failed.unwrap_or(calls.saturating_sub(ok));
        findings.equal("failed", failed, self.answer.get("failed").unwrap_or("(absent)"));
    }

    fn requests(&self, findings: &mut Findings, expect: &Expect) {
        let Counted { calls, connections, proxy_requests, redirect_connections, .. } = self.counted;
        let nonces: BTreeSet<_> = calls.iter().filter_map(|call| call.nonce.as_deref()).collect();
        let some = |value: Option<usize>, seen: usize| value.unwrap_or(seen);
        findings.equal("requests", expect.requests.number(ok_calls(self.answer)), calls.len());
        findings.equal("distinct_nonces", some(expect.distinct_nonces, nonces.len()), nonces.len());
        let expected = expect.connections.unwrap_or(if self.needs_one_connection() { 1 } else { *connections });
        findings.equal("connections", expected, connections);
        findings.equal("proxy_requests", some(expect.proxy_requests, *proxy_requests), proxy_requests);
        findings.equal("connections to where a redirect points", 0, redirect_connections);
        if let Some(other) = calls.iter().find(|call| call.operation.as_ref() != Some(&self.asked.operation)) {
            findings.differ("operation", &self.asked.operation, other.operation.as_deref().unwrap_or("(absent)"));
        }
        // What our support asks for, and what tells a language's clients apart in the service's logs.
        let user_agent = format!("devcred/{} {}", env!("CARGO_PKG_VERSION"), self.language);
        if let Some(other) = calls.iter().find(|call| call.user_agent.as_ref() != Some(&user_agent)) {
            findings.differ("user-agent", &user_agent, other.user_agent.as_deref().unwrap_or("(absent)"));
        }
        if calls.iter().any(|call| call.headers.iter().any(|(name, _)| name == "cookie")) {
            findings.differ("cookie", "in no request", "in a request");
        }
        if let Some(expected) = &expect.signed_with {
            let seen = calls.iter().map(|call| call.access_key_id.as_deref().unwrap_or("(none)"));
            let expected: Vec<_> = expected.iter().map(|id| pattern::filled(id, self.this_run)).collect();
            findings.equal("signed_with", expected.join(", "), seen.collect::<Vec<_>>().join(", "));
        }
        self.refused(findings, expect);
    }

    /// Calls that are made one after the other share a connection as long as each request has its response.
    fn needs_one_connection(&self) -> bool {
        let Counted { calls, .. } = self.counted;
        let is_answered = |call: &RecordedCall| call.end == Some(CallEnd::Answered);
        self.case.expect.outcome == Outcome::Ok && self.asked.client_ids.len() == 1 && calls.iter().all(is_answered)
    }

    fn refused(&self, findings: &mut Findings, expect: &Expect) {
        let refused = canonical::refused(&self.counted.calls);
        let codes: Vec<_> = refused.iter().map(|(_, code)| *code).collect();
        if codes == expect.refused {
            return;
        }
        let mut text = format!("refused\n    expected  {:?}\n    seen      {codes:?}\n", expect.refused);
        for (call, code) in refused.iter().filter(|(_, code)| !expect.refused.iter().any(|known| known == code)) {
            let sent = call.client_id.as_ref().filter(|id| self.asked.client_ids.contains(id));
            let client_id = sent.or(self.asked.client_ids.first()).map_or("", String::as_str);
            text += &format!("  request {} was refused with {code}\n", call.number);
            text += &canonical::side_by_side(call, self.asked, client_id, self.host);
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

/// How many calls succeeded, by the probe's word.
pub(crate) fn ok_calls(answer: &Line) -> usize {
    answer.get("ok").and_then(|ok| ok.parse().ok()).unwrap_or(0)
}

/// base64(HMAC-SHA1(secret, client id)), as the service's documents have it: the driver's own, so that it can judge the core's.
pub(crate) fn mqtt_password(secret: &str, client_id: &str) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    STANDARD.encode(mac.chain_update(client_id.as_bytes()).finalize().into_bytes())
}

/// For a report: the answer without its secrets.
pub(crate) fn shown(answer: &Line) -> BTreeMap<&str, &str> {
    answer.pairs().map(|(key, value)| (key, if SECRET_KEYS.contains(&key) { "(not shown)" } else { value })).collect()
}
