//! The running calls, and the outcomes of those that have ended.

use std::collections::{BTreeMap, HashMap};

/// The error kinds that the server's faults cause. Any other kind is a finding.
const EXPECTED_KINDS: [&str; 4] = ["Throttled", "Service", "Timeout", "Transport"];
/// The maximum number of findings: the first ones are the most useful.
const FINDINGS_MAX: usize = 20;

/// A call that has not ended.
struct RunningCall {
    client_id: String,
    is_cancelled: bool,
}

/// The calls of one program.
#[derive(Default)]
pub(crate) struct CallTracker {
    running: HashMap<u64, RunningCall>,
    pub(crate) started: u64,
    /// The number of calls by outcome: `ok`, `cancelled`, or the kind of the error.
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) findings: Vec<String>,
}

impl CallTracker {
    pub(crate) fn start(&mut self, number: u64, client_id: &str) {
        self.started += 1;
        self.running.insert(number, RunningCall { client_id: client_id.to_owned(), is_cancelled: false });
    }

    /// Marks a call as cancelled; returns `false` if it has ended.
    pub(crate) fn cancel(&mut self, number: u64) -> bool {
        self.running.get_mut(&number).map(|call| call.is_cancelled = true).is_some()
    }

    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or_default()
    }

    /// Records the outcome of a call from a line of a program. `password` computes a device's
    /// password.
    pub(crate) fn end(&mut self, line: &str, password: impl FnOnce(&str) -> Option<String>) {
        let words: Vec<_> = line.split(' ').collect();
        let (number, fields) = match words.split_first() {
            Some((number, fields)) => (number.parse::<u64>().ok(), fields),
            None => (None, words.as_slice()),
        };
        let Some(number) = number else {
            return self.add_finding(format!("a line that does not follow the protocol: {line:?}"));
        };
        let Some(call) = self.running.remove(&number) else {
            return self.add_finding(format!("call {number} ended twice, or was never started"));
        };
        let outcome = match fields {
            ["ok", client_id, user, reported] => {
                // The user name contains the id of the device's AccessKey, which only the service
                // knows.
                let is_correct = *client_id == call.client_id
                    && user.starts_with("DeviceCredential|")
                    && password(&call.client_id).is_some_and(|password| password == *reported);
                if !is_correct {
                    self.add_finding(format!("call {number} returned a wrong login for {}", call.client_id));
                }
                "ok"
            }
            ["cancelled"] => {
                if !call.is_cancelled {
                    self.add_finding(format!("call {number} ended as cancelled, but was not cancelled"));
                }
                "cancelled"
            }
            ["error", kind] => {
                if !EXPECTED_KINDS.contains(kind) {
                    self.add_finding(format!(
                        "call {number} failed with {kind}, which the server's faults do not cause"
                    ));
                }
                kind
            }
            _ => return self.add_finding(format!("a line that does not follow the protocol: {line:?}")),
        };
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    pub(crate) fn add_finding(&mut self, finding: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    /// Adds a finding if calls are still running.
    pub(crate) fn finish(&mut self) {
        if let Some(number) = self.running.keys().min().copied() {
            self.add_finding(format!("{} calls did not end, the first is call {number}", self.running.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger_after(lines: &[&str]) -> CallTracker {
        let mut tracker = CallTracker::default();
        for (number, client_id) in [(1, "GID_a@@@1"), (2, "GID_a@@@2"), (3, "GID_a@@@3")] {
            tracker.start(number, client_id);
        }
        assert!(tracker.cancel(3) && !tracker.cancel(4));
        lines
            .iter()
            .for_each(|line| tracker.end(line, |client_id| Some(format!("password of {client_id}").replace(' ', "_"))));
        tracker
    }

    #[test]
    fn calls_that_end_once_are_counted_by_outcome() {
        let ok = "1 ok GID_a@@@1 DeviceCredential|DC.x|i password_of_GID_a@@@1";
        let mut tracker = ledger_after(&[ok, "2 error Timeout", "3 cancelled"]);
        tracker.finish();
        assert_eq!((tracker.running(), tracker.findings.as_slice()), (0, [].as_slice()));
        assert_eq!((tracker.count("ok"), tracker.count("Timeout"), tracker.count("cancelled")), (1, 1, 1));
    }

    #[test]
    fn every_violation_is_a_finding() {
        for (lines, expected) in [
            (&["2 error Timeout", "2 error Timeout"][..], "call 2 ended twice"),
            (&["7 error Timeout"], "call 7 ended twice, or was never started"),
            (&["1 ok GID_a@@@2 DeviceCredential|DC.x|i password_of_GID_a@@@2"], "a wrong login"),
            (&["1 ok GID_a@@@1 DeviceCredential|DC.x|i password_of_GID_a@@@2"], "a wrong login"),
            (&["1 cancelled"], "ended as cancelled, but was not cancelled"),
            (&["1 error Internal"], "failed with Internal"),
            (&["1 ok"], "does not follow the protocol"),
            (&["not a number"], "does not follow the protocol"),
        ] {
            let tracker = ledger_after(lines);
            assert!(
                tracker.findings.iter().any(|finding| finding.contains(expected)),
                "{lines:?}: {:?}",
                tracker.findings
            );
        }
        let mut tracker = ledger_after(&["1 error Timeout"]);
        tracker.finish();
        assert_eq!(tracker.findings, ["2 calls did not end, the first is call 2"]);
    }
}
