//! The named steps of a run. Each prints its name before it begins and its time when it ends, and a
//! summary follows the last one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::run::output::OutputFile;
use crate::run::{Tally, TestResults, say, skips};

/// How many jobs run in parallel. More would disturb each other's tests, which have time limits.
const PARALLEL_JOBS: usize = 2;

/// Steps that do not depend on another job.
pub(crate) type Job<'a, T> = Box<dyn FnOnce(&mut Steps) -> T + Send + 'a>;

/// Which tests run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Extent {
    #[default]
    Everything,
    /// The quick ones.
    Quick,
    /// Only the shared suite, with the installed release artifacts.
    Installed,
}

/// Runs steps one after the other. After a step that fails, the next ones still run.
#[derive(Default)]
pub(crate) struct Steps {
    /// The folder for the output of steps that run in parallel.
    output_folder: Option<PathBuf>,
    extent: Extent,
    left_out: Vec<String>,
    done: Vec<Done>,
    tallies: Vec<(&'static str, Tally)>,
    /// The results of the shared suite, by language.
    columns: Vec<(String, Tally)>,
    /// The language of each test that was skipped.
    skipped: Vec<String>,
}

struct Done {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    pub(crate) fn of(extent: Extent) -> Self {
        Self { extent, ..Self::default() }
    }

    pub(crate) fn extent(&self) -> Extent {
        self.extent
    }

    /// Whether a quick run leaves this out, which the summary reports.
    pub(crate) fn leaves_out(&mut self, name: &str) -> bool {
        let leaves_out = self.extent == Extent::Quick;
        if leaves_out {
            self.left_out.push(name.to_owned());
        }
        leaves_out
    }

    /// Runs `work` as the step `name`. If it fails, prints the error and returns `None`.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let begin = Instant::now();
        let file = self.output_folder.as_deref().map(|folder| {
            say!("... {name}");
            OutputFile::begin(folder.join(file_name(name)))
        });
        say!("\n==> {name}");
        let (file, result) = match file.transpose() {
            Ok(file) => (file, work()),
            Err(error) => (None, Err(error)),
        };
        let took = begin.elapsed();
        let passed = result.is_ok();
        if let Err(error) = &result {
            say!("error: {name}: {error:#}");
        }
        say!("<== {name}: {}, {}", verdict(passed), seconds(took));
        drop(file);
        self.done.push(Done { name: name.to_owned(), took, passed });
        result.ok()
    }

    /// Runs jobs in parallel and returns their values in order. Each step prints a line when it
    /// begins and its output when it ends; until then its output is in a file in `folder`. A single
    /// job prints its output at once.
    pub(crate) fn in_parallel<T: Send>(&mut self, folder: &Path, mut jobs: Vec<Job<'_, T>>) -> Vec<T> {
        if jobs.len() == 1 {
            return jobs.drain(..).map(|job| job(self)).collect();
        }
        let results: Vec<_> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let queue = Mutex::new(jobs.into_iter().zip(&results));
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let extent = self.extent;
        let run = || {
            while let Some((job, result)) = next() {
                let mut steps = Self { output_folder: Some(folder.to_owned()), extent, ..Self::default() };
                let value = job(&mut steps);
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some((value, steps));
            }
        };
        thread::scope(|scope| {
            for _ in 0..PARALLEL_JOBS {
                scope.spawn(run);
            }
        });
        let results =
            results.into_iter().filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner));
        results
            .map(|(value, steps)| {
                self.absorb(steps);
                value
            })
            .collect()
    }

    fn absorb(&mut self, other: Self) {
        self.left_out.extend(other.left_out);
        self.done.extend(other.done);
        self.skipped.extend(other.skipped);
        self.add_columns(other.columns);
        for (name, tally) in other.tallies {
            self.tally(name, tally);
        }
    }

    /// The suite of a language may run again under a checker: only the first run counts.
    fn add_columns(&mut self, mut columns: Vec<(String, Tally)>) {
        columns.retain(|(name, _)| self.columns.iter().all(|(known, _)| known != name));
        self.columns.append(&mut columns);
    }

    /// Runs a step that runs tests; its name begins with the language and a colon. A step that
    /// fails without a failed test counts as one failure: it did not compile, a test ended the
    /// process, no test ran, or a skipped test is not listed.
    pub(crate) fn test(&mut self, name: &str, work: impl FnOnce() -> Result<TestResults>) -> Tally {
        let mut results = TestResults::default();
        let language = name.split(':').next().unwrap_or(name);
        let passed = self.run(name, || {
            results = work()?;
            results.check()?;
            skips::check(language, &results.skipped)
        });
        self.add_columns(results.columns);
        self.skipped.extend(results.skipped.iter().map(|_| language.to_owned()));
        if passed.is_none() {
            results.tally.failed = results.tally.failed.max(1);
        }
        results.tally
    }

    /// Runs the shared suite as a step and adds its results to its languages. A language without
    /// results, because the run was broken off, counts as one failure.
    pub(crate) fn run_suite(
        &mut self,
        name: &str,
        languages: &[&'static str],
        work: impl FnOnce() -> Result<TestResults>,
    ) {
        self.test(name, work);
        for language in languages {
            let column = self.columns.iter().find(|(known, _)| known == language);
            self.tally(language, column.map_or(Tally { passed: 0, failed: 1 }, |(_, tally)| *tally));
        }
    }

    /// Adds to the line `name: 131 passed, 0 failed` at the end of the summary.
    pub(crate) fn tally(&mut self, name: &'static str, tally: Tally) {
        match self.tallies.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known += tally,
            None => self.tallies.push((name, tally)),
        }
    }

    /// Prints the summary, and returns failure if a step or a test failed.
    pub(crate) fn finish(self) -> ExitCode {
        say!("\nsummary");
        for done in &self.done {
            say!("  {:<6} {:>8}  {}", verdict(done.passed), seconds(done.took), done.name);
        }
        if !self.left_out.is_empty() {
            say!("  left out: {}", self.left_out.join("; "));
        }
        for (name, tally) in &self.columns {
            say!("  the shared suite in {name}: {} passed, {} failed", tally.passed, tally.failed);
        }
        for (name, tally) in &self.tallies {
            let skipped = match self.skipped.iter().filter(|language| *language == name).count() {
                0 => String::new(),
                count => format!(", {count} skipped"),
            };
            say!("{name}: {} passed, {} failed{skipped}", tally.passed, tally.failed);
        }
        if self.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn failed(&self) -> bool {
        self.done.iter().any(|done| !done.passed) || self.tallies.iter().any(|(_, tally)| tally.failed > 0)
    }
}

/// The file name for a step, such as `c-suite-with-sanitizers`.
fn file_name(step: &str) -> String {
    let words: Vec<_> = step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
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

    fn results(passed: u64, failed: u64, success: bool) -> TestResults {
        TestResults { tally: Tally { passed, failed }, success, ..TestResults::default() }
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
        assert_eq!(steps.test("tests", || Ok(results(3, 0, true))), Tally { passed: 3, failed: 0 });
        assert!(!steps.failed());
    }

    #[test]
    fn the_first_run_of_a_column_counts() {
        let mut steps = Steps::default();
        for passed in [3, 2] {
            let columns = vec![("c".to_owned(), Tally { passed, failed: 0 })];
            steps.test("suite", || Ok(TestResults { columns, ..results(passed, 0, true) }));
        }
        assert_eq!(steps.columns, [("c".to_owned(), Tally { passed: 3, failed: 0 })]);
    }

    #[test]
    fn each_language_of_the_suite_gets_its_column_or_a_failure() {
        let mut steps = Steps::default();
        let columns = vec![("c".to_owned(), Tally { passed: 3, failed: 0 })];
        steps.run_suite("suite", &["rust", "c"], || Ok(TestResults { columns, ..results(3, 0, true) }));
        assert_eq!(steps.tallies, [("rust", Tally { passed: 0, failed: 1 }), ("c", Tally { passed: 3, failed: 0 })]);
        assert!(steps.failed());
    }

    #[test]
    fn jobs_run_in_parallel_and_are_reported_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut steps = Steps::of(Extent::Quick);
        let both_run = std::sync::Barrier::new(PARALLEL_JOBS);
        let job = |name: &'static str, passed: u64| -> Job<'_, u64> {
            let both_run = &both_run;
            Box::new(move |steps| {
                let tally = steps.test(name, || {
                    both_run.wait();
                    Ok(results(passed, 0, true))
                });
                steps.tally("rust", tally);
                steps.leaves_out("the rest");
                passed
            })
        };
        assert_eq!(steps.in_parallel(folder.path(), vec![job("a, slow: one", 3), job("two", 4)]), [3, 4]);
        assert_eq!(steps.done.iter().map(|done| done.name.as_str()).collect::<Vec<_>>(), ["a, slow: one", "two"]);
        assert_eq!(steps.tallies, [("rust", Tally { passed: 7, failed: 0 })]);
        assert_eq!(steps.left_out.len(), 2);
        let text = std::fs::read_to_string(folder.path().join("a-slow-one")).expect("its output is kept");
        assert!(text.starts_with("\n==> a, slow: one\n<== a, slow: one: ok, "), "{text}");
        assert!(!steps.failed());
    }

    #[test]
    fn a_step_that_fails_beside_others_fails_the_run_and_says_why_in_its_output() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut steps = Steps::default();
        let failing: Job<'_, Option<()>> = Box::new(|steps| steps.run("one", || -> Result<()> { bail!("no reason") }));
        steps.in_parallel(folder.path(), vec![failing, Box::new(|steps| steps.run("two", || Ok(())))]);
        assert!(steps.failed());
        let text = std::fs::read_to_string(folder.path().join("one")).expect("its output is kept");
        assert!(text.contains("error: one: no reason\n<== one: FAILED, "), "{text}");
    }

    #[test]
    fn counted_failures_are_kept() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(results(3, 2, false))), Tally { passed: 3, failed: 2 });
        assert!(steps.failed());
    }

    #[test]
    fn tests_that_do_not_compile_count_as_one_failure() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(results(0, 0, false))), Tally { passed: 0, failed: 1 });
        assert_eq!(steps.test("tests", || bail!("no cargo")), Tally { passed: 0, failed: 1 });
        assert!(steps.failed());
    }

    #[test]
    fn a_skip_that_is_not_listed_counts_as_one_failure() {
        let mut steps = Steps::default();
        let skipped = vec!["no_test_has_this_name".to_owned()];
        let with_skip = || Ok(TestResults { skipped, ..results(3, 0, true) });
        assert_eq!(steps.test("rust: tests", with_skip), Tally { passed: 3, failed: 1 });
        assert_eq!(steps.skipped, ["rust"]);
        assert!(steps.failed());
    }

    #[test]
    fn a_process_that_ends_after_some_tests_counts_as_one_failure() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(results(3, 0, false))), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn a_step_that_runs_no_test_fails() {
        let mut steps = Steps::default();
        assert_eq!(steps.test("tests", || Ok(results(0, 0, true))), Tally { passed: 0, failed: 1 });
        assert!(steps.failed());
    }
}
