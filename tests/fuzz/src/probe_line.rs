//! A line of the protocol between the shared suite and a probe.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::line::Line;

/// A line is refused, or parsed like another percent-decoder does. The pairs are written as one
/// line, and parsing that returns the same pairs.
pub fn probe_line(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let line = match Line::parse(text) {
        Ok(line) => line,
        Err(reason) => {
            assert!(!reason.is_empty(), "the error has a reason");
            check_round_trip(text);
            return;
        }
    };
    let pairs: BTreeMap<_, _> = line.pairs().collect();
    assert_eq!(pairs.len(), text.split('&').count(), "a pair was lost");
    for pair in text.split('&') {
        let (key, value) = pair.split_once('=').expect("an accepted pair has an equals sign");
        let decoded = percent_decode_str(value).decode_utf8().expect("an accepted value is UTF-8");
        assert_eq!(pairs.get(key).copied(), Some(&*decoded));
        assert_eq!(line.get(key), Some(&*decoded));
    }

    // The encoding of a value is unique, so only the order of the pairs can differ.
    let written = line.to_string();
    let [mut before, mut after] = [text, &written].map(|line| line.split('&').collect::<Vec<_>>());
    before.sort_unstable();
    after.sort_unstable();
    assert_eq!(before, after);
    assert_eq!(Line::parse(&written), Ok(line));
}

/// Checks that any text can be written as a value and parsed again.
fn check_round_trip(text: &str) {
    let mut line = Line::default();
    line.set("text", text);
    line.set("", "removed");
    line.remove("");
    let written = line.to_string();
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{written:?}");
    assert_eq!(Line::parse(&written), Ok(line));
}
