//! One line of the probe protocol: `key=value` pairs joined by `&`, every value percent-encoded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes a text.
pub fn encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

/// The pairs of a line, decoded. `Display` writes the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(BTreeMap<String, String>);

impl Line {
    /// Parses a line without its line feed.
    ///
    /// # Errors
    /// The line is invalid. Parsing is strict, because another language might read the value
    /// differently.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut pairs = BTreeMap::new();
        for pair in line.split('&') {
            let (key, value) = pair.split_once('=').ok_or("a pair without `=`")?;
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                return Err("a key is lower-case letters and `_`".to_owned());
            }
            let decoded =
                percent_decode_str(value).decode_utf8().map_err(|_| format!("the value of `{key}` is not UTF-8"))?;
            // A stray `+` or a lower-case escape comes from another encoder, which will differ
            // elsewhere too.
            if encode(&decoded) != value {
                return Err(format!("the value of `{key}` is not percent-encoded as the protocol requires"));
            }
            if pairs.insert(key.to_owned(), decoded.into_owned()).is_some() {
                return Err(format!("`{key}` appears twice"));
            }
        }
        Ok(Self(pairs))
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets the value of a key.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets the value of a key, if there is one.
    pub fn set_some(&mut self, key: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Removes a pair.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Returns every pair, sorted by key.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.pairs().enumerate() {
            let and = if index == 0 { "" } else { "&" };
            write!(f, "{and}{key}={}", encode(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn what_is_written_is_read() {
        let mut line = Line::default();
        line.set("case", "retry/throttled-then-ok");
        line.set("text", "two\nlines & \u{1f511} 100% +~-_.");
        line.set("empty", "");
        line.set_some("absent", None::<&str>);
        let written = line.to_string();
        assert!(written.starts_with("case=retry%2Fthrottled-then-ok&empty=&text=two%0Alines%20%26%20%F0%9F%94%91"));
        assert_eq!(Line::parse(&written), Ok(line));
    }

    /// For readers in other languages too: tests/README.md says how to use them.
    #[test]
    fn the_vectors_are_read_and_refused() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../lines.json")).unwrap();
        let read = vectors.get("read").and_then(serde_json::Value::as_object).unwrap();
        for (line, pairs) in read {
            let parsed = Line::parse(line).unwrap();
            assert_eq!(&serde_json::to_value(&parsed.0).unwrap(), pairs, "{line}");
            assert_eq!(&parsed.to_string(), line);
        }
        let refused = vectors.get("refused").and_then(serde_json::Value::as_array).unwrap();
        assert!(read.len() >= 9 && refused.len() >= 17);
        for line in refused {
            let line = line.as_str().unwrap();
            assert!(Line::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_another_encoder_writes_is_refused() {
        for (line, word) in [
            ("", "without"),
            ("a", "without"),
            ("=a", "key"),
            ("A=1", "key"),
            ("a=1&&b=2", "without"),
            ("a=1&a=2", "twice"),
            ("a=%ff", "UTF-8"),
            ("a=%2f", "percent-encoded"),
            ("a=b+c", "percent-encoded"),
            ("a=b c", "percent-encoded"),
            ("a=%", "percent-encoded"),
            ("a=1\r", "percent-encoded"),
        ] {
            let error = Line::parse(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
