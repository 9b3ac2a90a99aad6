//! The results of a run as a JUnit report.

use std::fmt::Write;
use std::time::Duration;

/// The result of one case in one language.
pub(crate) struct Result {
    pub(crate) language: &'static str,
    pub(crate) case: String,
    pub(crate) took: Duration,
    /// Why it failed, unless it passed.
    pub(crate) failure: Option<String>,
}

/// Returns one test suite with all results. The class of a case is its language.
pub(crate) fn junit(results: &[Result]) -> String {
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(xml, "<testsuite name=\"devcred\" tests=\"{}\" failures=\"{failed}\">", results.len());
    for Result { language, case, took, failure } in results {
        let _ = write!(xml, "  <testcase classname=\"{language}\" name=\"{case}\" time=\"{:.3}\"", took.as_secs_f64());
        let _ = match failure {
            None => writeln!(xml, "/>"),
            Some(failure) => writeln!(xml, "><failure>{}</failure></testcase>", escaped(failure)),
        };
    }
    xml + "</testsuite>\n"
}

/// Escapes a text for XML, which cannot contain most control characters.
fn escaped(text: &str) -> String {
    let allowed = text.chars().map(|character| match character {
        '\n' | '\t' => character,
        control if control.is_control() => '\u{fffd}',
        other => other,
    });
    allowed.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_escaped() {
        let result = |failure: Option<&str>| Result {
            language: "rust",
            case: "a/b".to_owned(),
            took: Duration::from_millis(1500),
            failure: failure.map(str::to_owned),
        };
        let xml = junit(&[result(None), result(Some("<a> & \u{1}\nb"))]);
        assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
        assert!(xml.contains("<testcase classname=\"rust\" name=\"a/b\" time=\"1.500\"/>"), "{xml}");
        assert!(xml.contains("<failure>&lt;a&gt; &amp; \u{fffd}\nb</failure>"), "{xml}");
    }
}
