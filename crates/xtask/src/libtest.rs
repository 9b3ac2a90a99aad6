//! Runs a test program, shows its output as it comes, and counts its tests by the closing lines of its test runner, and the cases
//! of the shared suite by its own last lines.

use std::io::{BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

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
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| process::not_started(command))?;
    let stdout = child.stdout.take().context("its output cannot be read")?;
    let counted = count(&mut BufReader::new(stdout), &mut std::io::stdout());
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
        tested.tally += parse(&text).unwrap_or_default();
        tested.columns.extend(parse_column(&text));
        line.clear();
    }
    to.flush()?;
    Ok(tested)
}

/// What each test runner says of its tests.
const CLOSING_LINES: &[fn(&str) -> Option<Tally>] = &[libtest, surefire, swift_testing];

fn parse(line: &str) -> Option<Tally> {
    CLOSING_LINES.iter().find_map(|read| read(line))
}

/// Reads `test result: ok. 3 passed; 0 failed; 0 ignored; ...`.
fn libtest(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let count = counts.split(';').find_map(|part| part.trim().strip_suffix(word))?;
        count.trim().parse().ok()
    };
    Some(Tally { passed: number("passed")?, failed: number("failed")? })
}

/// Reads `[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0`; a line with a time is that of one class.
fn surefire(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim_end().split_once("] Tests run: ")?;
    let mut numbers = counts.split(", ").enumerate().map(|(at, part)| {
        let name = ["", "Failures: ", "Errors: ", "Skipped: "].get(at)?;
        part.strip_prefix(name)?.parse::<u64>().ok()
    });
    let [run, failures, errors, skipped] = [numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??];
    let failed = failures + errors;
    numbers.next().is_none().then_some(Tally { passed: run.checked_sub(failed + skipped)?, failed })
}

/// Reads `✔ Test name() passed after 0.1 seconds.`, which Swift Testing prints for each test: its last line does not say how many
/// have failed.
fn swift_testing(line: &str) -> Option<Tally> {
    let (mark, test) = line.split_once(" Test ")?;
    match mark {
        _ if test.starts_with("run with ") => None,
        "✔" if test.contains(" passed after ") => Some(Tally { passed: 1, failed: 0 }),
        "✘" if test.contains(" failed after ") => Some(Tally { passed: 0, failed: 1 }),
        _ => None,
    }
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
    fn reads_the_lines_of_libtest() {
        let ok = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(parse(ok), Some(Tally { passed: 3, failed: 0 }));
        let failed =
            "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(parse(failed), Some(Tally { passed: 12, failed: 2 }));
    }

    #[test]
    fn reads_the_lines_of_surefire() {
        let ok = "[INFO] Tests run: 26, Failures: 0, Errors: 0, Skipped: 1\n";
        assert_eq!(parse(ok), Some(Tally { passed: 25, failed: 0 }));
        let failed = "[ERROR] Tests run: 26, Failures: 1, Errors: 2, Skipped: 0";
        assert_eq!(parse(failed), Some(Tally { passed: 23, failed: 3 }));
        let of_a_class =
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.079 s -- in io.devcred.LogTest";
        assert_eq!(parse(of_a_class), None);
    }

    #[test]
    fn reads_the_lines_of_swift_testing() {
        for (line, expected) in [
            ("✔ Test one() passed after 0.001 seconds.", Some((1, 0))),
            ("✘ Test two(text:) failed after 0.159 seconds with 1 issue.", Some((0, 1))),
            ("✘ Test two(text:) recorded an issue at Two.swift:5:6: Caught error", None),
            ("✔ Suite Both passed after 1.1 seconds.", None),
            ("✔ Test run with 20 tests passed after 1.1 seconds.", None),
            ("✘ Test run with 20 tests failed after 1.1 seconds with 3 issues.", None),
        ] {
            let expected = expected.map(|(passed, failed)| Tally { passed, failed });
            assert_eq!(parse(line), expected, "{line}");
        }
    }

    #[test]
    fn reads_the_columns_of_the_suite() {
        assert_eq!(parse_column("c: 131 passed, 2 failed\n"), Some(("c".to_owned(), Tally { passed: 131, failed: 2 })));
        for line in ["c: many passed, 0 failed", "test result: ok. 3 passed; 0 failed", "c: after the last answer: x"] {
            assert_eq!(parse_column(line), None, "{line}");
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in
            ["test tests::one ... ok", "3 passed; 0 failed", "", "test result: ok", "test result: ok. many passed;"]
        {
            assert_eq!(parse(line), None, "{line}");
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
