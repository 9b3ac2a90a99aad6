//! The final table and the findings.

use std::fmt;

use crate::samples::{LIMITS, Sample};
use crate::tracker::CallTracker;

/// The results of one program.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) tracker: CallTracker,
    pub(crate) samples: Vec<Sample>,
}

pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// The planned number of calls of each program.
    pub(crate) planned: u64,
    pub(crate) faults: u64,
    pub(crate) requests: u64,
}

/// The minimum percentages of planned calls that were started, and of calls not cancelled that
/// succeeded. Below these, the run proves little.
const STARTED_MIN: u64 = 95;
const OK_MIN: u64 = 90;

impl Report {
    /// Returns every violation of a promise.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for row in &self.rows {
            let Row { name, tracker, samples } = row;
            let limits = LIMITS.iter().filter_map(|limit| limit.violation(samples));
            findings.extend(tracker.findings.iter().cloned().chain(limits).map(|finding| format!("{name}: {finding}")));
            let not_cancelled = tracker.started - tracker.count("cancelled").min(tracker.started);
            if tracker.started * 100 < self.planned * STARTED_MIN {
                findings.push(format!(
                    "{name}: only {} of {} calls were started: lower --rate",
                    tracker.started, self.planned
                ));
            }
            if tracker.count("ok") * 100 < not_cancelled * OK_MIN {
                findings.push(format!("{name}: only {} of {not_cancelled} calls succeeded", tracker.count("ok")));
            }
        }
        if self.requests == 0 {
            findings.push("no request arrived".to_owned());
        }
        findings
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The server received {} requests and injected a fault into {} of them.",
            self.requests, self.faults
        )?;
        let outcomes = ["ok", "cancelled", "Throttled", "Service", "Timeout", "Transport"];
        write!(f, "\n{:<10}{:>10}", "", "calls")?;
        outcomes.iter().try_for_each(|outcome| write!(f, "{outcome:>11}"))?;
        writeln!(f)?;
        for Row { name, tracker, .. } in &self.rows {
            write!(f, "{name:<10}{:>10}", tracker.started)?;
            outcomes.iter().try_for_each(|outcome| write!(f, "{:>11}", tracker.count(outcome)))?;
            writeln!(f)?;
        }
        writeln!(f, "\nMedians of the second and of the last quarter of the run:")?;
        write!(f, "{:<10}", "")?;
        LIMITS.iter().try_for_each(|limit| write!(f, "{:>22}", limit.name))?;
        writeln!(f)?;
        for Row { name, samples, .. } in &self.rows {
            write!(f, "{name:<10}")?;
            for limit in &LIMITS {
                let medians = limit.medians(samples).map(|(before, after)| format!("{before} -> {after}"));
                write!(f, "{:>22}", medians.unwrap_or_default())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
