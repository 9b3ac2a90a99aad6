//! The named steps of a run: each prints its name before it begins and its time when it ends; the summary comes last.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::runner::{Tally, Tested};
use crate::skips::Skipped;

/// Runs steps one after the other. A step that fails is recorded, and the ones after it run all the same.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
    tallies: Vec<(&'static str, Tally)>,
    /// The shared suite, by language.
    columns: Vec<(String, Tally)>,
    /// The languages of the tests that were skipped.
    skipped: Vec<String>,
}

struct Done {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Runs `work` as the step `name` and prints its error, if there is one. `None`: it failed.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n==> {name}");
        let begin = Instant::now();
        let result = work();
        let took = begin.elapsed();
        let passed = result.is_ok();
        if let Err(error) = &result {
            eprintln!("error: {name}: {error:#}");
        }
        println!("<== {name}: {}, {}", verdict(passed), seconds(took));
        self.done.push(Done { name: name.to_owned(), took, passed });
        result.ok()
    }

    /// The same for a step that runs tests, whose name begins with the language and a colon. One that fails without a failed
    /// test - it did not compile, or a test ended the whole process - counts as one failure, and so does one that ran no test at
    /// all, or skipped one that may not be skipped.
    pub(crate) fn test(&mut self, name: &str, work: impl FnOnce() -> Result<Tested>) -> Tally {
        let mut tally = Tally::default();
        let mut columns = Vec::new();
        let mut skipped = Skipped::default();
        let language = name.split(':').next().unwrap_or(name);
        self.run(name, || {
            let mut tested = work()?;
            tally = tested.tally;
            columns = std::mem::take(&mut tested.columns);
            skipped = std::mem::take(&mut tested.skipped);
            tested.check()?;
            skipped.check(language)
        });
        // A language's suite may run again, under a checker: the first time counts.
        columns.retain(|(name, _)| self.columns.iter().all(|(known, _)| known != name));
        self.columns.append(&mut columns);
        self.skipped.extend(skipped.names.iter().map(|_| language.to_owned()));
        if self.done.last().is_some_and(|done| !done.passed) && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }

    /// Adds a line `name: 131 passed, 0 failed` to the end of the summary.
    pub(crate) fn tally(&mut self, name: &'static str, tally: Tally) {
        self.tallies.push((name, tally));
    }

    /// Prints the summary. Fails if a step or a test failed.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\nsummary");
        for done in &self.done {
            println!("  {:<6} {:>8}  {}", verdict(done.passed), seconds(done.took), done.name);
        }
        for (name, tally) in &self.columns {
            println!("  the shared suite in {name}: {} passed, {} failed", tally.passed, tally.failed);
        }
        for (name, tally) in &self.tallies {
            let skipped = match self.skipped.iter().filter(|language| *language == name).count() {
                0 => String::new(),
                count => format!(", {count} skipped"),
            };
            println!("{name}: {} passed, {} failed{skipped}", tally.passed, tally.failed);
        }
        if self.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn failed(&self) -> bool {
        self.done.iter().any(|done| !done.passed) || self.tallies.iter().any(|(_, tally)| tally.failed > 0)
    }
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn tested(passed: u64, failed: u64, success: bool) -> Tested {
        Tested { tally: Tally { passed, failed }, success, ..Tested::default() }
    }

    #[test]
    fn a_failed_step_does_not_stop_the_next_one_and_fails_the_run() {
        let mut steps = Steps::default();
        assert!(steps.run("one", || -> Result<()> { bail!("no") }).is_none());
        assert_eq!(steps.run("two", || Ok(2)), Some(2));
        assert!(steps.failed());
    }

    #[test]
    fn a_run_without_a_failure_passes() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(tested(3, 0, true))), Tally { passed: 3, failed: 0 });
        assert!(!steps.failed());
    }

    #[test]
    fn the_first_run_of_a_column_counts() {
        let mut steps = Steps::default();
        for passed in [3, 2] {
            let columns = vec![("c".to_owned(), Tally { passed, failed: 0 })];
            steps.test("suite", || Ok(Tested { columns, ..tested(passed, 0, true) }));
        }
        assert_eq!(steps.columns, [("c".to_owned(), Tally { passed: 3, failed: 0 })]);
    }

    #[test]
    fn counted_failures_are_kept() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(tested(3, 2, false))), Tally { passed: 3, failed: 2 });
        assert!(steps.failed());
    }

    #[test]
    fn tests_that_do_not_compile_count_as_one_failure() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(tested(0, 0, false))), Tally { passed: 0, failed: 1 });
        assert_eq!(steps.test("tests", || bail!("no cargo")), Tally { passed: 0, failed: 1 });
        assert!(steps.failed());
    }

    #[test]
    fn a_skip_that_is_not_listed_counts_as_one_failure() {
        let mut steps = Steps::default();
        let mut skipped = Skipped::default();
        skipped.read("test no_test_has_this_name ... ignored");
        let with_skip = || Ok(Tested { skipped, ..tested(3, 0, true) });
        assert_eq!(steps.test("rust: tests", with_skip), Tally { passed: 3, failed: 1 });
        assert_eq!(steps.skipped, ["rust"]);
        assert!(steps.failed());
    }

    #[test]
    fn a_process_that_ends_after_some_tests_counts_as_one_failure() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(tested(3, 0, false))), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn a_step_that_runs_no_test_fails() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(tested(0, 0, true))), Tally { passed: 0, failed: 1 });
        assert!(steps.failed());
    }
}
