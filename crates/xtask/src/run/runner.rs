//! Runs a test program and counts its tests. The tests of cargo are counted by the lines that they
//! print, because libtest has no other stable output; every other runner writes JUnit files.

use std::io::{self, BufRead};
use std::ops::AddAssign;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::run::{files, output, process};

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    /// The tally of a language whose tests could not run.
    pub(crate) const FAILURE: Self = Self { passed: 0, failed: 1, skipped: 0 };
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The results of a test program.
#[derive(Debug, Default)]
pub(crate) struct TestResults {
    pub(crate) tally: Tally,
    /// The results of the shared suite, by language.
    pub(crate) by_language: Vec<(String, Tally)>,
    /// The names of the tests that were skipped, or whose failure is expected.
    pub(crate) skipped: Vec<String>,
    /// Whether its exit status was zero.
    pub(crate) success: bool,
}

impl TestResults {
    /// Fails unless at least one test ran and every test passed.
    pub(crate) fn check(&self) -> Result<()> {
        match self.tally {
            Tally { failed: 0, .. } if !self.success => bail!("it failed, although no test did; its output is above"),
            Tally { failed: 0, passed: 0, .. } => bail!("no test ran"),
            Tally { failed: 0, .. } => Ok(()),
            Tally { failed, .. } => bail!("{failed} failed; see above"),
        }
    }

    /// Reads the lines of cargo's tests, which may contain any bytes, and passes each on at once.
    fn read_libtest(&mut self, from: impl BufRead, mut pass_on: impl FnMut(&str)) -> io::Result<()> {
        for line in from.split(b'\n') {
            let line = line?;
            let text = String::from_utf8_lossy(&line);
            pass_on(&format!("{text}\n"));
            let words: Vec<_> = text.split_whitespace().collect();
            match *words.as_slice() {
                // `test result: ok. 3 passed; 0 failed; 1 ignored; ...`
                ["test", "result:", _, passed, "passed;", failed, "failed;", ignored, "ignored;", ..] => {
                    let [passed, failed, skipped] = [passed, failed, ignored].map(|n| n.parse().unwrap_or_default());
                    self.tally += Tally { passed, failed, skipped };
                }
                // `rust: 131 passed, 0 failed`
                [name, passed, "passed,", failed, "failed"] => {
                    if let (Some(name), Ok(passed), Ok(failed)) =
                        (name.strip_suffix(':'), passed.parse(), failed.parse())
                    {
                        self.by_language.push((name.to_owned(), Tally { passed, failed, skipped: 0 }));
                    }
                }
                // `test tests::one ... ignored, reason`
                ["test", ..] => {
                    let name = text.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"));
                    self.skipped.extend(name.map(|(name, _)| name.to_owned()));
                }
                _ => {}
            }
        }
        // Each skipped test needs a name for the list of those that may be skipped.
        self.skipped.resize(self.skipped.len().max(self.tally.skipped), "a test without a name".to_owned());
        Ok(())
    }

    /// Reads a JUnit file.
    fn read_junit(&mut self, text: &str) -> Result<()> {
        // The runner of Node.js writes the terminal's control characters, which XML does not allow.
        let text: String = text.chars().filter(|char| !char.is_control() || char.is_whitespace()).collect();
        let document = roxmltree::Document::parse(&text)?;
        for test in document.descendants().filter(|node| node.has_tag_name("testcase")) {
            let has = |name: &str| test.children().any(|child| child.has_tag_name(name));
            if has("failure") || has("error") {
                self.tally.failed += 1;
            } else if has("skipped") {
                let [class, name] = ["classname", "name"].map(|name| test.attribute(name).unwrap_or_default());
                self.skipped.push(format!("{class}.{name}"));
                self.tally.skipped += 1;
            } else {
                self.tally.passed += 1;
            }
        }
        Ok(())
    }
}

/// Runs a command of cargo and counts its tests.
pub(crate) fn run(command: &mut Command) -> Result<TestResults> {
    let (mut child, stdout) = process::start(command)?;
    let mut results = TestResults::default();
    let read = results.read_libtest(stdout, output::print);
    results.success = child.wait()?.success();
    read?;
    Ok(results)
}

/// Runs a command whose runner writes JUnit files into the folder, and counts its tests.
pub(crate) fn run_with_junit(command: &mut Command, folder: &Path) -> Result<TestResults> {
    // Without the files of an earlier run.
    files::make_empty(folder)?;
    let success = process::run_to_end(command)?.success();
    let mut results = TestResults { success, ..TestResults::default() };
    for file in files::list(folder)?.iter().filter(|file| file.extension().is_some_and(|name| name == "xml")) {
        let text = fs::read_to_string(file)?;
        results.read_junit(&text).with_context(|| format!("{} is not a JUnit file", file.display()))?;
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn libtest(output: &[u8]) -> TestResults {
        let (mut results, mut copy) = (TestResults::default(), String::new());
        results.read_libtest(output, |line| copy.push_str(line)).expect("a slice can be read");
        assert_eq!(copy.trim_end(), String::from_utf8_lossy(output).trim_end(), "every line is passed on");
        results
    }

    #[test]
    fn the_results_of_the_suite_are_read_by_language() {
        let of_c = ("c".to_owned(), Tally { passed: 131, failed: 2, skipped: 0 });
        assert_eq!(libtest(b"c: 131 passed, 2 failed\n").by_language, [of_c]);
        for line in ["c: many passed, 0 failed", "test result: ok. 3 passed; 0 failed", "c: after the last answer: x"] {
            assert_eq!(libtest(line.as_bytes()).by_language, [], "{line}");
        }
    }

    #[test]
    fn the_programs_of_one_run_of_cargo_are_added_up() {
        let results = libtest(
            b"running 1 test\ntest a ... ok\n\xff\xfe\n\
            test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
            test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured\ntest result: ok\ntest result: ok. many passed;\nno newline",
        );
        assert_eq!(results.tally, Tally { passed: 3, failed: 3, skipped: 0 });
        assert!(results.by_language.is_empty() && results.skipped.is_empty(), "{results:?}");
    }

    #[test]
    fn ignored_tests_of_cargo_are_named() {
        let results = libtest(
            b"test tests::one ... ignored, minutes: see above\ntest a case/of it ... ignored\ntest two ... ok\n\
            test result: ok. 1 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        );
        assert_eq!(results.skipped, ["tests::one", "a case/of it", "a test without a name"]);
    }

    #[test]
    fn junit_files_are_counted() {
        // From node, pytest, surefire and Swift Testing.
        let text = "<testsuites>
            <testcase name=\"one\" classname=\"test\"/>
            <testcase name=\"two, (odd)\" classname=\"test\"><skipped type=\"skipped\" message=\"no\"/></testcase>
            <testcase name=\"three\" classname=\"test\"><skipped type=\"todo\" message=\"true\"/></testcase>
            <testcase name=\"four\" classname=\"test\"><failure type=\"testCodeFailure\">\x1b[31m&lt;x></failure></testcase>
            <testsuite name=\"of tests\"><testcase name=\"five\" classname=\"test\"><system-out>x</system-out></testcase></testsuite>
            <testcase name=\"six\" classname=\"tests.test_a\"><error message=\"failed on teardown\"/></testcase>
            </testsuites>";
        let mut results = TestResults::default();
        results.read_junit(text).expect("it is XML");
        assert_eq!(results.tally, Tally { passed: 2, failed: 2, skipped: 2 });
        assert_eq!(results.skipped, ["test.two, (odd)", "test.three"]);
        results.read_junit("<testsuites><testcase").expect_err("it is cut off");
    }

    #[test]
    fn a_runner_that_writes_no_file_has_run_no_test() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let earlier = folder.path().join("report.xml");
        fs::write(&earlier, "<testsuite><testcase name=\"a\"/></testsuite>").expect("it can be written");
        let results = run_with_junit(&mut process::command("true"), folder.path()).expect("it runs");
        results.check().expect_err("the earlier file does not count");
        let mut command = process::command("sh");
        command.args(["-c", "echo '<testsuite><testcase name=\"a\"/></testsuite>' >$0; exit 1"]).arg(earlier);
        let results = run_with_junit(&mut command, folder.path()).expect("it runs");
        assert_eq!(results.tally, Tally { passed: 1, failed: 0, skipped: 0 });
        results.check().expect_err("its exit status counts");
    }
}
