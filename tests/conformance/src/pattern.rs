//! Placeholders in an expected text, for values of this run, and wildcards, for values that no case
//! can know.

/// Whether the text matches the pattern: `{time}` matches a time like `2026-11-24T08:00:00Z`,
/// `{seconds}` a number like `0.3`, `{*}` any text. The placeholders are replaced first.
pub(crate) fn matches(pattern: &str, placeholders: &[(&'static str, String)], text: &str) -> bool {
    matches_at(&fill(pattern, placeholders), text)
}

/// Replaces the placeholders by this run's values.
pub(crate) fn fill(pattern: &str, placeholders: &[(&'static str, String)]) -> String {
    placeholders.iter().fold(pattern.to_owned(), |pattern, (word, value)| pattern.replace(word, value))
}

type Predicate = fn(&str) -> bool;

const WILDCARDS: &[(&str, Predicate)] = &[("{time}", is_time), ("{seconds}", is_seconds), ("{*}", |_| true)];

fn matches_at(pattern: &str, text: &str) -> bool {
    let first = WILDCARDS.iter().filter_map(|(word, fits)| Some((pattern.find(word)?, word, fits)));
    let Some((at, word, fits)) = first.min_by_key(|(at, ..)| *at) else {
        return pattern == text;
    };
    let (literal, rest) = pattern.split_at(at);
    let (Some(text), Some(rest)) = (text.strip_prefix(literal), rest.strip_prefix(word)) else {
        return false;
    };
    let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
    let mut splits = ends.map(|end| text.split_at(end));
    splits.any(|(hole, after)| fits(hole) && matches_at(rest, after))
}

fn is_time(text: &str) -> bool {
    let is_digit_or = |(byte, sample): (u8, u8)| if sample == b'0' { byte.is_ascii_digit() } else { byte == sample };
    let sample = "0000-00-00T00:00:00Z";
    text.len() == sample.len() && text.bytes().zip(sample.bytes()).all(is_digit_or)
}

fn is_seconds(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    [whole, rest].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn placeholders_and_wildcards_match_values() {
        let run = [("{host}", "127.0.0.1:4".to_owned())];
        for (pattern, text, expected) in [
            ("plain {text}", "plain {text}", true),
            ("at {host}: no", "at 127.0.0.1:4: no", true),
            ("at {host}", "at 127.0.0.1:5", false),
            ("it is {time}, not {time}", "it is 2026-11-24T08:00:00Z, not 1970-01-01T00:00:00Z", true),
            ("{time}", "2026-11-24 08:00:00Z", false),
            ("after {seconds} s", "after 0.3 s", true),
            ("after {seconds} s", "after 12 s", true),
            ("after {seconds} s", "after . s", false),
            ("after {seconds} s", "after  s", false),
            ("{*}", "", true),
            ("a{*}c{*}", "abcd", true),
            ("a{*}c", "abcdc", true),
            ("a{*}c", "abcd", false),
            ("{*} and {seconds}", "x and y and 1.5", true),
            ("\u{e9}{*}\u{1f511}", "\u{e9}--\u{1f511}", true),
        ] {
            assert_eq!(matches(pattern, &run, text), expected, "{pattern} {text}");
        }
    }
}
