//! Which calls run, and how each ended.

use std::collections::{BTreeMap, HashMap};

/// Kinds of errors that the server's faults cause. Any other is a fault of the program.
const KINDS: [&str; 4] = ["Throttled", "Service", "Timeout", "Transport"];
/// How many findings are kept: the first ones say what is wrong.
const FINDINGS_MAX: usize = 20;

/// A call that has been started.
struct Open {
    client_id: String,
    is_cancelled: bool,
}

/// The calls of one program.
#[derive(Default)]
pub(crate) struct Book {
    open: HashMap<u64, Open>,
    pub(crate) started: u64,
    /// How many calls ended so: `ok`, `cancelled`, or the kind of the error.
    pub(crate) ended: BTreeMap<String, u64>,
    pub(crate) findings: Vec<String>,
}

impl Book {
    pub(crate) fn start(&mut self, number: u64, client_id: &str) {
        self.started += 1;
        self.open.insert(number, Open { client_id: client_id.to_owned(), is_cancelled: false });
    }

    /// Marks a call as cancelled. `false`: it has ended.
    pub(crate) fn cancel(&mut self, number: u64) -> bool {
        self.open.get_mut(&number).map(|call| call.is_cancelled = true).is_some()
    }

    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn count(&self, outcome: &str) -> u64 {
        self.ended.get(outcome).copied().unwrap_or_default()
    }

    /// Reads a line that a program wrote when a call ended. `password` computes the one of a device.
    pub(crate) fn end(&mut self, line: &str, password: impl FnOnce(&str) -> Option<String>) {
        let words: Vec<_> = line.split(' ').collect();
        let (number, outcome) = match words.split_first() {
            Some((number, outcome)) => (number.parse::<u64>().ok(), outcome),
            None => (None, words.as_slice()),
        };
        let Some(number) = number else {
            return self.find(format!("a line that the protocol does not have: {line:?}"));
        };
        let Some(call) = self.open.remove(&number) else {
            return self.find(format!("call {number} ended twice, or was never started"));
        };
        let ended = match outcome {
            ["ok", client_id, user, shown] => {
                // The user name contains the id of the device's key, which only the service knows.
                let is_right = *client_id == call.client_id
                    && user.starts_with("DeviceCredential|")
                    && password(&call.client_id).is_some_and(|password| password == *shown);
                if !is_right {
                    self.find(format!("call {number} returned another device's login than that of {}", call.client_id));
                }
                "ok"
            }
            ["cancelled"] => {
                if !call.is_cancelled {
                    self.find(format!("call {number} ended as cancelled, and was not"));
                }
                "cancelled"
            }
            ["error", kind] => {
                if !KINDS.contains(kind) {
                    self.find(format!("call {number} failed with {kind}, which no fault of the server causes"));
                }
                kind
            }
            _ => return self.find(format!("a line that the protocol does not have: {line:?}")),
        };
        *self.ended.entry(ended.to_owned()).or_default() += 1;
    }

    pub(crate) fn find(&mut self, finding: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    /// Calls that have not ended when all should have.
    pub(crate) fn close(&mut self) {
        if let Some(number) = self.open.keys().min().copied() {
            self.find(format!("{} calls never ended, the first of them is call {number}", self.open.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Book {
        let mut book = Book::default();
        for (number, client_id) in [(1, "GID_a@@@1"), (2, "GID_a@@@2"), (3, "GID_a@@@3")] {
            book.start(number, client_id);
        }
        assert!(book.cancel(3) && !book.cancel(4));
        lines
            .iter()
            .for_each(|line| book.end(line, |client_id| Some(format!("password of {client_id}").replace(' ', "_"))));
        book
    }

    #[test]
    fn calls_that_end_once_and_well_are_counted() {
        let ok = "1 ok GID_a@@@1 DeviceCredential|DC.x|i password_of_GID_a@@@1";
        let mut book = after(&[ok, "2 error Timeout", "3 cancelled"]);
        book.close();
        assert_eq!((book.open(), book.findings.as_slice()), (0, [].as_slice()));
        assert_eq!((book.count("ok"), book.count("Timeout"), book.count("cancelled")), (1, 1, 1));
    }

    #[test]
    fn what_must_not_happen_is_found() {
        for (lines, expected) in [
            (&["2 error Timeout", "2 error Timeout"][..], "call 2 ended twice"),
            (&["7 error Timeout"], "call 7 ended twice, or was never started"),
            (&["1 ok GID_a@@@2 DeviceCredential|DC.x|i password_of_GID_a@@@2"], "another device's login"),
            (&["1 ok GID_a@@@1 DeviceCredential|DC.x|i password_of_GID_a@@@2"], "another device's login"),
            (&["1 cancelled"], "ended as cancelled, and was not"),
            (&["1 error Internal"], "failed with Internal"),
            (&["1 ok"], "the protocol does not have"),
            (&["not a number"], "the protocol does not have"),
        ] {
            let book = after(lines);
            assert!(book.findings.iter().any(|finding| finding.contains(expected)), "{lines:?}: {:?}", book.findings);
        }
        let mut book = after(&["1 error Timeout"]);
        book.close();
        assert_eq!(book.findings, ["2 calls never ended, the first of them is call 2"]);
    }
}
