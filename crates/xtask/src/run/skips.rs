//! Tests that a runner skips: each is in `tests/skips.json` with its reason, or the run fails. A
//! test that no longer runs proves nothing, and no one would notice.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::run::say;

const FILE: &str = "tests/skips.json";
const LISTED: &str = include_str!("../../../../tests/skips.json");

/// A test that may be skipped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    language: String,
    /// As libtest prints it, or `classname.name` of a JUnit file.
    test: String,
    reason: String,
}

/// Fails if one of these tests was skipped without a reason in the file.
pub(crate) fn check(language: &str, skipped: &[String]) -> Result<()> {
    let listed: Vec<Skip> = serde_json::from_str(LISTED).context(FILE)?;
    let reason = |name: &str| listed.iter().find(|skip| skip.language == language && skip.test == name);
    let unlisted: Vec<_> = skipped.iter().filter(|name| reason(name).is_none()).map(String::as_str).collect();
    ensure!(unlisted.is_empty(), "skipped, and not listed in {FILE} with a reason: {}", unlisted.join("; "));
    for (name, skip) in skipped.iter().filter_map(|name| Some((name, reason(name)?))) {
        say!("skipped: {name}: {}", skip.reason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_that_is_not_listed_fails() {
        let listed = "ten_million_requests_are_signed_alike".to_owned();
        check("rust", &[]).expect("nothing is skipped");
        check("rust", std::slice::from_ref(&listed)).expect("it is listed");
        let refused = check("rust", &[listed.clone(), "two".to_owned()]).expect_err("two is not listed");
        assert_eq!(refused.to_string(), "skipped, and not listed in tests/skips.json with a reason: two");
        check("node", &[listed]).expect_err("it is listed for another language");
    }

    #[test]
    fn each_skip_of_the_file_has_a_reason_and_a_language() {
        let listed: Vec<Skip> = serde_json::from_str(LISTED).expect("it can be read");
        for Skip { language, test, reason } in &listed {
            assert!(crate::lang::names().contains(&language.as_str()) && !reason.is_empty(), "{test}");
        }
    }
}
