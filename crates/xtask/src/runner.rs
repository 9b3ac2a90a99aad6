//! Runs a test program, shows its output as it comes, and counts its tests by the closing lines of its runner, and the cases of
//! the shared suite by its own last lines.

use std::io::{BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::output::{self, Output};
use crate::skips::Skipped;
use crate::{closing_lines, process};

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// How a test program ended.
#[derive(Default)]
pub(crate) struct Tested {
    pub(crate) tally: Tally,
    /// Where it was the shared suite: each language's column of it.
    pub(crate) columns: Vec<(String, Tally)>,
    pub(crate) skipped: Skipped,
    /// Whether its exit status was zero.
    pub(crate) success: bool,
}

impl Tested {
    /// Fails unless every test passed, and at least one was run.
    pub(crate) fn check(&self) -> Result<()> {
        match self.tally {
            Tally { failed: 0, .. } if !self.success => {
                bail!("it ended with an error that is no failed test; see above")
            }
            Tally { failed: 0, passed: 0 } => bail!("no test was run"),
            Tally { failed: 0, .. } => Ok(()),
            Tally { failed, .. } => bail!("{failed} failed; see above"),
        }
    }
}

/// Runs `command` and counts its tests.
pub(crate) fn run(command: &mut Command) -> Result<Tested> {
    process::announce(command);
    output::connect(command)?;
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| process::not_started(command))?;
    let stdout = child.stdout.take().context("its output cannot be read")?;
    let counted = count(&mut BufReader::new(stdout), &mut Output);
    let success = child.wait()?.success();
    Ok(Tested { success, ..counted? })
}

/// Copies lines as they come. They may hold any bytes: a test prints what it likes.
fn count(from: &mut impl BufRead, to: &mut impl Write) -> std::io::Result<Tested> {
    let mut tested = Tested::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        tested.tally += closing_lines::read(&text).unwrap_or_default();
        tested.columns.extend(parse_column(&text));
        tested.skipped.read(&text);
        line.clear();
    }
    to.flush()?;
    Ok(tested)
}

/// Reads `rust: 131 passed, 0 failed`.
fn parse_column(line: &str) -> Option<(String, Tally)> {
    let (name, counts) = line.trim_end().split_once(": ")?;
    let (passed, failed) = counts.strip_suffix(" failed")?.split_once(" passed, ")?;
    Some((name.to_owned(), Tally { passed: passed.parse().ok()?, failed: failed.parse().ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_columns_of_the_suite() {
        assert_eq!(parse_column("c: 131 passed, 2 failed\n"), Some(("c".to_owned(), Tally { passed: 131, failed: 2 })));
        for line in ["c: many passed, 0 failed", "test result: ok. 3 passed; 0 failed", "c: after the last answer: x"] {
            assert_eq!(parse_column(line), None, "{line}");
        }
    }

    #[test]
    fn adds_up_the_programs_of_one_run_and_passes_every_byte_on() {
        let output = b"running 1 test\ntest a ... ok\n\xff\xfe\n\
            test result: ok. 1 passed; 0 failed; 0 ignored\n\
            test result: FAILED. 2 passed; 3 failed; 0 ignored\nno newline at the end";
        let mut copy = Vec::new();
        let tested = count(&mut output.as_slice(), &mut copy).expect("a slice can be read");
        assert_eq!(tested.tally, Tally { passed: 3, failed: 3 });
        assert!(tested.columns.is_empty());
        assert_eq!(copy, output);
    }
}
