//! The named steps of a run. Each prints its name before it begins and its time when it ends, and a
//! summary follows the last one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Result;

use crate::run::{Tally, TestResults, output, say, skips};
use crate::workspace::Workspace;

/// How many jobs run in parallel. More would disturb each other's tests, which have time limits.
const PARALLEL_JOBS: usize = 2;

/// Steps that do not depend on another job.
pub(crate) type Job<'a> = Box<dyn FnOnce(&Steps) + Send + 'a>;

/// A step of a language.
pub(crate) struct Step {
    /// Its name, after the language.
    about: &'static str,
    work: Work,
    /// Whether only a full run has it.
    is_slow: bool,
}

enum Work {
    Do(fn(&Workspace) -> Result<()>),
    /// Runs tests, and says whether those that pass count.
    Test(fn(&Workspace) -> Result<TestResults>, bool),
}

impl Step {
    /// Does work that fails or succeeds.
    pub(crate) const fn new(about: &'static str, work: fn(&Workspace) -> Result<()>) -> Self {
        Self { about, work: Work::Do(work), is_slow: false }
    }

    /// Runs tests.
    pub(crate) const fn test(about: &'static str, work: fn(&Workspace) -> Result<TestResults>) -> Self {
        Self { about, work: Work::Test(work, true), is_slow: false }
    }

    /// Runs tests that an earlier step has counted, in a slower way. Only their failures count.
    pub(crate) const fn repeat(about: &'static str, work: fn(&Workspace) -> Result<TestResults>) -> Self {
        Self { about, work: Work::Test(work, false), is_slow: true }
    }

    /// Leaves it to a full run.
    pub(crate) const fn slow(self) -> Self {
        Self { is_slow: true, ..self }
    }
}

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

/// Runs steps. After a step that fails, the next ones still run.
#[derive(Default)]
pub(crate) struct Steps {
    extent: Extent,
    /// The folder for the output of steps that run in parallel.
    log: Option<PathBuf>,
    summary: Mutex<Summary>,
}

#[derive(Default)]
struct Summary {
    /// A line for each step.
    done: Vec<String>,
    has_failed: bool,
    left_out: Vec<String>,
    /// The results of the shared suite, by language.
    suite: Vec<(String, Tally)>,
    tallies: Vec<(&'static str, Tally)>,
}

impl Steps {
    pub(crate) fn of(extent: Extent) -> Self {
        Self { extent, ..Self::default() }
    }

    pub(crate) fn extent(&self) -> Extent {
        self.extent
    }

    /// Whether a quick run leaves this out, which the summary reports.
    pub(crate) fn leaves_out(&self, name: &str) -> bool {
        let leaves_out = self.extent == Extent::Quick;
        if leaves_out {
            self.summary().left_out.push(name.to_owned());
        }
        leaves_out
    }

    /// Runs the steps of a language.
    pub(crate) fn run_all(&self, workspace: &Workspace, language: &'static str, steps: &[Step]) {
        for Step { about, work, is_slow } in steps {
            let name = format!("{language}: {about}");
            // Without a language's own tests, nothing needs what their slow steps install.
            if *is_slow && (self.extent == Extent::Installed || self.leaves_out(&name)) {
                continue;
            }
            match work {
                Work::Do(work) => {
                    self.run(&name, || work(workspace));
                }
                Work::Test(test, counts) => {
                    let tally = self.test(&name, language, || test(workspace)).tally;
                    let failures = Tally { failed: tally.failed, ..Tally::default() };
                    self.tally(language, if *counts { tally } else { failures });
                }
            }
        }
    }

    /// Runs the tests of a language that count, except the slow ones, as the run with this number.
    pub(crate) fn run_own_tests(&self, workspace: &Workspace, language: &'static str, steps: &[Step], run: u32) {
        for Step { about, work, is_slow } in steps {
            if let (Work::Test(test, true), false) = (work, is_slow) {
                let name = format!("{language}: {about}, run {run}");
                self.tally(language, self.test(&name, language, || test(workspace)).tally);
            }
        }
    }

    /// Runs `work` as the step `name`. If it fails, prints the error and returns `None`.
    pub(crate) fn run<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let Some(log) = &self.log else { return self.run_here(name, work) };
        say!("... {name}");
        let result = output::collect(&log.join(file_name(name)), || self.run_here(name, work));
        result.unwrap_or_else(|error| self.run_here(name, || Err(error)))
    }

    fn run_here<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        say!("\n==> {name}");
        let begin = Instant::now();
        let result = work();
        let took = format!("{:.1} s", begin.elapsed().as_secs_f64());
        if let Err(error) = &result {
            say!("error: {name}: {error:#}");
        }
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        say!("<== {name}: {verdict}, {took}");
        let mut summary = self.summary();
        summary.done.push(format!("{verdict:<6} {took:>8}  {name}"));
        summary.has_failed |= result.is_err();
        result.ok()
    }

    /// Runs a step that runs tests. A step that fails without a failed test counts as one failure:
    /// it did not compile, a test ended the process, no test ran, or a skipped test is not listed.
    fn test(&self, name: &str, language: &str, work: impl FnOnce() -> Result<TestResults>) -> TestResults {
        let mut results = TestResults::default();
        let passed = self.run(name, || {
            results = work()?;
            results.check()?;
            skips::check(language, &results.skipped)
        });
        if passed.is_none() {
            results.tally.failed = results.tally.failed.max(1);
        }
        results
    }

    /// Runs the shared suite as a step and adds its results to its languages. A language without
    /// results, because the run was broken off, counts as one failure.
    pub(crate) fn run_suite(&self, languages: &[&'static str], work: impl FnOnce() -> Result<TestResults>) {
        let name = "the shared suite";
        let results = self.test(name, name, work).by_language;
        for language in languages {
            let of_language = results.iter().find(|(name, _)| name == language);
            self.tally(language, of_language.map_or(Tally::FAILURE, |(_, tally)| *tally));
        }
        self.summary().suite = results;
    }

    /// Adds to the line `name: 131 passed, 0 failed` at the end of the summary.
    pub(crate) fn tally(&self, name: &'static str, tally: Tally) {
        let mut summary = self.summary();
        summary.has_failed |= tally.failed > 0;
        match summary.tallies.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known += tally,
            None => summary.tallies.push((name, tally)),
        }
    }

    /// Runs jobs in parallel. Each step prints a line when it begins and its output when it ends;
    /// until then its output is in a file in the folder `log`. A single job prints its output at
    /// once.
    pub(crate) fn run_jobs(&mut self, log: PathBuf, jobs: Vec<Job<'_>>) {
        self.log = (jobs.len() > 1).then_some(log);
        let jobs = Mutex::new(jobs.into_iter());
        let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
        let run = || {
            while let Some(job) = next() {
                job(self)
            }
        };
        thread::scope(|scope| {
            for _ in 0..PARALLEL_JOBS {
                scope.spawn(run);
            }
        });
        self.log = None;
    }

    /// Prints the summary, and returns failure if a step or a test failed.
    pub(crate) fn finish(&self) -> ExitCode {
        let summary = self.summary();
        say!("\nsummary");
        summary.done.iter().for_each(|line| say!("  {line}"));
        if !summary.left_out.is_empty() {
            say!("  left out: {}", summary.left_out.join("; "));
        }
        for (name, Tally { passed, failed, .. }) in &summary.suite {
            say!("  the shared suite in {name}: {passed} passed, {failed} failed");
        }
        for (name, Tally { passed, failed, skipped }) in &summary.tallies {
            let skipped = if *skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
            say!("{name}: {passed} passed, {failed} failed{skipped}");
        }
        if summary.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn summary(&self) -> MutexGuard<'_, Summary> {
        self.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file name for a step, such as `c-suite-with-sanitizers`.
fn file_name(step: &str) -> String {
    let words: Vec<_> = step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    const PASSED: Tally = Tally { passed: 3, failed: 0, skipped: 0 };

    fn results(passed: usize, failed: usize, success: bool) -> TestResults {
        TestResults { tally: Tally { passed, failed, skipped: 0 }, success, ..TestResults::default() }
    }

    /// The tally of Rust and whether the run failed, after one step.
    fn run(step: Step) -> (Tally, bool) {
        let steps = Steps::default();
        steps.run_all(&Workspace::load().expect("cargo metadata works"), "rust", &[step]);
        let summary = steps.summary();
        (summary.tallies.first().map(|(_, tally)| *tally).unwrap_or_default(), summary.has_failed)
    }

    #[test]
    fn a_failed_step_does_not_stop_the_next_one_and_fails_the_run() {
        let steps = Steps::default();
        assert!(steps.run("one", || -> Result<()> { bail!("no") }).is_none());
        assert_eq!(steps.run("two", || Ok(2)), Some(2));
        assert!(steps.summary().has_failed);
    }

    #[test]
    fn a_run_without_a_failure_passes() {
        assert_eq!(run(Step::test("tests", |_| Ok(results(3, 0, true)))), (PASSED, false));
        assert_eq!(run(Step::new("build", |_| Ok(()))), (Tally::default(), false));
    }

    #[test]
    fn repeated_tests_count_only_if_they_fail() {
        assert_eq!(run(Step::repeat("tests", |_| Ok(results(3, 0, true)))), (Tally::default(), false));
        assert_eq!(run(Step::repeat("tests", |_| Ok(results(3, 0, false)))), (Tally::FAILURE, true));
    }

    #[test]
    fn each_language_of_the_suite_gets_its_results_or_a_failure() {
        let steps = Steps::default();
        let by_language = vec![("c".to_owned(), PASSED)];
        steps.run_suite(&["rust", "c"], || Ok(TestResults { by_language, ..results(3, 0, true) }));
        assert_eq!(steps.summary().tallies, [("rust", Tally::FAILURE), ("c", PASSED)]);
        assert!(steps.summary().has_failed);
    }

    #[test]
    fn jobs_run_in_parallel_and_their_output_is_kept() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut steps = Steps::of(Extent::Quick);
        let both_run = std::sync::Barrier::new(PARALLEL_JOBS);
        let job = |name: &'static str| -> Job<'_> {
            let both_run = &both_run;
            Box::new(move |steps| {
                steps.run(name, || Ok(both_run.wait()));
                steps.tally("rust", PASSED);
                steps.leaves_out("the rest");
            })
        };
        steps.run_jobs(folder.path().to_owned(), vec![job("a, slow: one"), job("two")]);
        let summary = steps.summary();
        assert_eq!((summary.done.len(), summary.left_out.len()), (2, 2));
        assert_eq!(summary.tallies, [("rust", Tally { passed: 6, ..PASSED })]);
        let text = std::fs::read_to_string(folder.path().join("a-slow-one")).expect("its output is kept");
        assert!(text.starts_with("\n==> a, slow: one\n<== a, slow: one: ok, "), "{text}");
        assert!(!summary.has_failed);
    }

    #[test]
    fn a_step_that_fails_in_parallel_fails_the_run_and_its_output_says_why() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut steps = Steps::default();
        let failing: Job<'_> = Box::new(|steps| {
            steps.run("one", || -> Result<()> { bail!("no reason") });
        });
        let passing: Job<'_> = Box::new(|steps| {
            steps.run("two", || Ok(()));
        });
        steps.run_jobs(folder.path().to_owned(), vec![failing, passing]);
        assert!(steps.summary().has_failed);
        let text = std::fs::read_to_string(folder.path().join("one")).expect("its output is kept");
        assert!(text.contains("error: one: no reason\n<== one: FAILED, "), "{text}");
    }

    #[test]
    fn counted_failures_are_kept() {
        let tally = Tally { passed: 3, failed: 2, skipped: 0 };
        assert_eq!(run(Step::test("tests", |_| Ok(results(3, 2, false)))), (tally, true));
    }

    #[test]
    fn a_step_that_fails_without_a_failed_test_counts_as_one_failure() {
        let after_some = Tally { failed: 1, ..PASSED };
        for (step, expected) in [
            (Step::test("does not compile", |_| Ok(results(0, 0, false))), Tally::FAILURE),
            (Step::test("has no cargo", |_| bail!("no cargo")), Tally::FAILURE),
            (Step::test("runs no test", |_| Ok(results(0, 0, true))), Tally::FAILURE),
            (Step::test("ends after some tests", |_| Ok(results(3, 0, false))), after_some),
            (
                Step::test("has a skip that is not listed", |_| {
                    Ok(TestResults { skipped: vec!["no_test_has_this_name".to_owned()], ..results(3, 0, true) })
                }),
                after_some,
            ),
        ] {
            let about = step.about;
            assert_eq!(run(step), (expected, true), "{about}");
        }
    }
}
