//! The table at the end, and the verdict.

use std::fmt;

use crate::book::Book;
use crate::samples::{LIMITS, Sample};

/// What one program did.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) book: Book,
    pub(crate) samples: Vec<Sample>,
}

pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// How many calls each program was to make.
    pub(crate) planned: u64,
    pub(crate) faults: u64,
    pub(crate) requests: u64,
}

/// In percent: so many of the planned calls must be started, and so many of those that are not cancelled must succeed. Otherwise
/// the run has shown little.
const STARTED_MIN: u64 = 95;
const OK_MIN: u64 = 90;

impl Report {
    /// Everything that must not be.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for row in &self.rows {
            let Row { name, book, samples } = row;
            let limits = LIMITS.iter().filter_map(|limit| limit.judge(samples));
            findings.extend(book.findings.iter().cloned().chain(limits).map(|finding| format!("{name}: {finding}")));
            let lasting = book.started - book.count("cancelled").min(book.started);
            if book.started * 100 < self.planned * STARTED_MIN {
                findings.push(format!(
                    "{name}: only {} of {} calls were started: lower --rate",
                    book.started, self.planned
                ));
            }
            if book.count("ok") * 100 < lasting * OK_MIN {
                findings.push(format!("{name}: only {} of {lasting} calls succeeded", book.count("ok")));
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
        writeln!(f, "The server answered {} requests, {} of them with a fault.", self.requests, self.faults)?;
        let outcomes = ["ok", "cancelled", "Throttled", "Service", "Timeout", "Transport"];
        write!(f, "\n{:<10}{:>10}", "", "calls")?;
        outcomes.iter().try_for_each(|outcome| write!(f, "{outcome:>11}"))?;
        writeln!(f)?;
        for Row { name, book, .. } in &self.rows {
            write!(f, "{name:<10}{:>10}", book.started)?;
            outcomes.iter().try_for_each(|outcome| write!(f, "{:>11}", book.count(outcome)))?;
            writeln!(f)?;
        }
        writeln!(f, "\nMedians of the second quarter of the run and of the last:")?;
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
