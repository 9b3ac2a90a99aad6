//! What the runners of each language say at their end about how many tests passed and failed.

use crate::runner::Tally;

/// Reads a line of any runner. `None`: it counts nothing.
pub(crate) fn read(line: &str) -> Option<Tally> {
    RUNNERS.iter().find_map(|read| read(line))
}

const RUNNERS: &[fn(&str) -> Option<Tally>] = &[libtest, pytest, node_test, surefire, swift_testing];

/// `test result: ok. 3 passed; 0 failed; 0 ignored; ...`
fn libtest(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let count = counts.split(';').find_map(|part| part.trim().strip_suffix(word))?;
        count.trim().parse().ok()
    };
    Some(Tally { passed: number("passed")?, failed: number("failed")? })
}

/// `=== 2 failed, 12 passed, 1 error in 3.45s ===`, where a count of 0 is left out.
fn pytest(line: &str) -> Option<Tally> {
    let (counts, took) = line.trim_end().strip_prefix("==")?.trim_matches(['=', ' ']).split_once(" in ")?;
    took.chars().next().filter(char::is_ascii_digit)?;
    let mut tally = Tally::default();
    for part in counts.split(", ") {
        let (count, outcome) = part.split_once(' ')?;
        let count: u64 = count.parse().ok()?;
        match outcome {
            "passed" => tally.passed += count,
            "failed" | "error" | "errors" => tally.failed += count,
            _ => (),
        }
    }
    Some(tally)
}

/// The lines `ℹ pass 3`, `ℹ fail 1` and `ℹ cancelled 1`. A test that was cancelled had not ended.
fn node_test(line: &str) -> Option<Tally> {
    let (word, count) = line.trim_end().strip_prefix("ℹ ")?.split_once(' ')?;
    let count = count.parse().ok()?;
    match word {
        "pass" => Some(Tally { passed: count, failed: 0 }),
        "fail" | "cancelled" => Some(Tally { passed: 0, failed: count }),
        _ => None,
    }
}

/// `[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0`; a line with a time is that of one class.
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

/// `✔ Test name() passed after 0.1 seconds.`, which Swift Testing prints for each test: its last line does not say how many
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        for (line, passed, failed) in [
            ("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n", 3, 0),
            ("test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 12, 2),
            ("===== 12 passed in 3.45s =====\n", 12, 0),
            ("== 2 failed, 12 passed, 3 skipped, 1 warning, 1 error in 63.10s (0:01:03) ==\n", 12, 3),
            ("ℹ pass 4\n", 4, 0),
            ("ℹ fail 2\n", 0, 2),
            ("ℹ cancelled 1\n", 0, 1),
            ("[INFO] Tests run: 26, Failures: 0, Errors: 0, Skipped: 1\n", 25, 0),
            ("[ERROR] Tests run: 26, Failures: 1, Errors: 2, Skipped: 0", 23, 3),
            ("✔ Test one() passed after 0.001 seconds.", 1, 0),
            ("✘ Test two(text:) failed after 0.159 seconds with 1 issue.", 0, 1),
        ] {
            assert_eq!(read(line), Some(Tally { passed, failed }), "{line}");
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "test tests::one ... ok",
            "3 passed; 0 failed",
            "",
            "test result: ok",
            "test result: ok. many passed;",
            "=== FAILURES ===",
            "== 1 in 2 ==",
            "===== no tests ran in 0.01s =====",
            "ℹ tests 7",
            "ℹ duration_ms 45.6",
            "✔ ℹ pass 1",
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.079 s -- in io.devcred.LogTest",
            "✘ Test two(text:) recorded an issue at Two.swift:5:6: Caught error",
            "✔ Suite Both passed after 1.1 seconds.",
            "✔ Test run with 20 tests passed after 1.1 seconds.",
            "✘ Test run with 20 tests failed after 1.1 seconds with 3 issues.",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
