//! Tests that their runner skips: each is in `tests/skips.json` with its reason, or the run fails. A test that no longer runs
//! proves nothing, and no one would notice.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::output::say;

const FILE: &str = "tests/skips.json";
const LISTED: &str = include_str!("../../../tests/skips.json");

/// A test that may be skipped.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    language: String,
    /// Its name, as the runner prints it.
    test: String,
    reason: String,
}

/// What a runner says of the tests that it skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// By its closing lines. Swift's runner has none for them.
    count: u64,
    /// By the lines of the tests themselves.
    pub(crate) names: Vec<String>,
}

impl Skipped {
    /// Reads a line of any runner.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        self.count += COUNTS.iter().find_map(|count| count(line)).unwrap_or_default();
        self.names.extend(NAMES.iter().find_map(|name| name(line)).map(str::to_owned));
    }

    /// Fails if a test was skipped that the file does not list.
    pub(crate) fn check(&self, language: &str) -> Result<()> {
        self.check_against(language, &serde_json::from_str::<Vec<Skip>>(LISTED).with_context(|| FILE)?)
    }

    fn check_against(&self, language: &str, listed: &[Skip]) -> Result<()> {
        let reason = |name: &str| listed.iter().find(|skip| skip.language == language && skip.test == name);
        let unlisted: Vec<_> = self.names.iter().filter(|name| reason(name).is_none()).map(String::as_str).collect();
        if !unlisted.is_empty() {
            bail!("skipped, and not listed in {FILE} with a reason: {}", unlisted.join("; "));
        }
        let nameless = self.count.saturating_sub(self.names.len() as u64);
        if nameless > 0 {
            bail!("{nameless} skipped, or expected to fail, without their names in the output");
        }
        for (name, skip) in self.names.iter().filter_map(|name| Some((name, reason(name)?))) {
            say!("skipped: {name}: {}", skip.reason);
        }
        Ok(())
    }
}

/// A runner's closing line: how many tests it skipped, or let fail.
type Count = fn(&str) -> Option<u64>;

const COUNTS: &[Count] = &[
    // `test result: ok. 3 passed; 0 failed; 1 ignored; ...`
    |line| number(line.strip_prefix("test result: ")?.split("; "), &["ignored"]),
    // `=== 12 passed, 1 skipped, 1 xfailed in 3.45s ===`
    |line| {
        let counts = line.strip_prefix("==")?.trim_matches(['=', ' ']).rsplit_once(" in ")?.0;
        number(counts.split(", "), &["skipped", "xfailed", "xpassed"])
    },
    // `ℹ skipped 1`
    |line| ["ℹ skipped ", "ℹ todo "].iter().find_map(|word| line.strip_prefix(word)?.parse().ok()),
    // `[WARNING] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1`; a line with a time is that of one class.
    |line| line.split_once("] Tests run: ")?.1.split_once(", Skipped: ")?.1.parse().ok(),
];

/// Adds up the counts, such as `1 skipped`, that have one of these words.
fn number<'a>(counts: impl Iterator<Item = &'a str>, words: &[&str]) -> Option<u64> {
    let counts = counts.filter_map(|count| count.split_once(' ')).filter(|(_, word)| words.contains(word));
    counts.map(|(count, _)| count.parse::<u64>().ok()).sum()
}

/// A runner's line about one test: the test's name, if it was skipped.
type Name = fn(&str) -> Option<&str>;

const NAMES: &[Name] = &[
    // `test tests::one ... ignored, why`
    |line| {
        let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
        (outcome == "ignored" || outcome.starts_with("ignored, ")).then_some(name)
    },
    // `SKIPPED tests/test_one.py::test_a - Skipped: why`
    |line| line.strip_prefix("SKIPPED ")?.split(" - Skipped").next(),
    // `﹣ one (0.3ms) # why`
    |line| Some(line.strip_prefix("﹣ ")?.split_once("ms) # ")?.0.rsplit_once(" (")?.0),
    // `[WARNING] Tests run: 3, ..., Skipped: 1, Time elapsed: 1.1 s -- in io.devcred.OneTest`, which names the class only.
    |line| {
        let (skipped, class) =
            line.split_once("] Tests run: ")?.1.split_once(", Skipped: ")?.1.split_once(", Time ")?;
        (skipped != "0").then_some(class.rsplit_once(" -- in ")?.1)
    },
    // `➜ Test one() skipped: "why"`
    |line| {
        let (test, why) = line.split_once(" Test ").or_else(|| line.split_once(" Suite "))?.1.split_once(" skipped")?;
        why.starts_with(['.', ':']).then_some(test)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(lines: &[&str]) -> Skipped {
        let mut skipped = Skipped::default();
        lines.iter().for_each(|line| skipped.read(line));
        skipped
    }

    #[test]
    fn skipped_tests_are_counted_and_named() {
        for (lines, name) in [
            (
                &[
                    "test tests::one ... ignored, minutes: see above\n",
                    "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
                ][..],
                "tests::one",
            ),
            (&["test a case/of it ... ignored", "test result: ok. 3 passed; 0 failed; 1 ignored"], "a case/of it"),
            (
                &["SKIPPED tests/a.py::b[c - d] - Skipped: not so - here", "=== 12 passed, 1 skipped in 3.45s ===\n"],
                "tests/a.py::b[c - d]",
            ),
            (&["  ﹣ two, (odd) # name (0.268271ms) # a reason\n", "ℹ skipped 1\n"], "two, (odd) # name"),
            (&["﹣ one (2.645212ms) # SKIP\n", "ℹ skipped 1\n", "ℹ todo 0"], "one"),
            (
                &[
                    "[WARNING] Tests run: 1, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 4.477 s -- in io.devcred.PanicTest",
                    "[WARNING] Tests run: 1, Failures: 0, Errors: 0, Skipped: 1",
                ],
                "io.devcred.PanicTest",
            ),
        ] {
            assert_eq!(skipped(lines), Skipped { count: 1, names: vec![name.to_owned()] });
        }
        for line in ["➜ Test one() skipped: \"no network\"", "➜ Test one() skipped."] {
            assert_eq!(skipped(&[line]).names, ["one()"]);
        }
    }

    #[test]
    fn other_lines_are_no_skips() {
        let lines = [
            "test tests::one ... ok",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out",
            "test result: ok",
            "===== 12 passed in 3.45s =====",
            "=== FAILURES ===",
            "ℹ skipped 0",
            "✔ a test that is skipped (0.3ms)",
            "[INFO] Tests run: 26, Failures: 0, Errors: 0, Skipped: 0",
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.079 s -- in io.devcred.LogTest",
            "✔ Test one() passed after 0.001 seconds.",
            "",
        ];
        assert_eq!(skipped(&lines), Skipped::default());
    }

    #[test]
    fn a_skip_that_is_not_listed_fails() {
        let listed = r#"[{"language": "rust", "test": "one", "reason": "minutes"}]"#;
        let listed: Vec<Skip> = serde_json::from_str(listed).expect("it is JSON");
        let check = |language: &str, lines: &[&str]| skipped(lines).check_against(language, &listed);
        check("rust", &["test one ... ignored", "test result: ok. 1 passed; 0 failed; 1 ignored"])
            .expect("it is listed");
        check("node", &["ℹ skipped 0"]).expect("nothing is skipped");
        let refused = check("rust", &["test one ... ignored", "test two ... ignored"]).expect_err("two is not listed");
        assert_eq!(refused.to_string(), "skipped, and not listed in tests/skips.json with a reason: two");
        check("node", &["﹣ one (2.6ms) # SKIP"]).expect_err("it is listed for another language");
        for nameless in
            ["ℹ todo 1", "[WARNING] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1", "== 1 xfailed in 1s =="]
        {
            check("kotlin", &[nameless]).expect_err(nameless);
        }
    }

    #[test]
    fn each_skip_of_the_file_has_a_reason_and_a_language() {
        let listed: Vec<Skip> = serde_json::from_str(LISTED).expect("it can be read");
        for Skip { language, test, reason } in &listed {
            assert!(crate::language::names().contains(&language.as_str()) && !reason.is_empty(), "{test}");
        }
    }
}
