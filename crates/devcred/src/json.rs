//! Reads the members of a JSON object one by one, so that every error names a field and its
//! position and none repeats a value: serde's messages quote what they found, even secrets.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::secret::Secret;

/// The last millisecond of the year 9999: not every language has a date after it.
const TIME_MAX_MS: u64 = 253_402_300_799_999;

/// Why a response could not be read: the expected value, field, line and column.
#[derive(Debug)]
pub struct Unreadable(pub String);

/// A JSON object of the response. Members are parsed lazily.
pub struct Fields<'a> {
    body: &'a [u8],
    /// The name of this object, or empty for the response itself.
    name: &'static str,
    members: Members<'a>,
}

impl<'a> Fields<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Unreadable> {
        let members = serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Unreadable(format!("the response is not a JSON object ({place})"))
        })?;
        Ok(Self { body, name: "", members })
    }

    /// Returns a non-empty string without control characters.
    pub(crate) fn text(&self, name: &str) -> Result<String, Unreadable> {
        let text: String = self.read(name, "a string")?;
        if text.is_empty() {
            return Err(self.expected(name, "a non-empty string"));
        }
        if has_control_characters(&text) {
            return Err(self.expected(name, "a string without control characters"));
        }
        Ok(text)
    }

    /// Returns a string, if there is one.
    pub(crate) fn optional_text(&self, name: &str) -> Option<String> {
        let (_, value) = self.members.0.iter().find(|(Text(known), _)| known == name)?;
        serde_json::from_str(value.get()).ok().filter(|text: &String| !text.is_empty())
    }

    pub(crate) fn secret(&self, name: &str) -> Result<Secret, Unreadable> {
        self.text(name).map(Secret::new)
    }

    /// Checks that a member is the requested string.
    pub(crate) fn equals(&self, name: &str, asked: &str) -> Result<(), Unreadable> {
        let Text(text) = self.read(name, "a string")?;
        if text == asked { Ok(()) } else { Err(self.expected(name, "the requested id")) }
    }

    /// Returns a time in milliseconds since 1970, from a number or a string of digits.
    pub(crate) fn time(&self, name: &str) -> Result<SystemTime, Unreadable> {
        let json = self.member(name)?.get();
        let digits = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(json);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let ms = digits.parse().ok().filter(|_| is_number);
        ms.and_then(time).ok_or_else(|| self.expected(name, "whole milliseconds from 1970 to 9999"))
    }

    /// Returns an object of the response itself: no field is nested deeper.
    pub(crate) fn object(&self, name: &'static str) -> Result<Fields<'a>, Unreadable> {
        let members = self.read(name, "an object")?;
        Ok(Fields { body: self.body, name, members })
    }

    fn read<T: Deserialize<'a>>(&self, name: &str, expected: &str) -> Result<T, Unreadable> {
        serde_json::from_str(self.member(name)?.get()).map_err(|_| self.expected(name, expected))
    }

    fn member(&self, name: &str) -> Result<&'a RawValue, Unreadable> {
        let mut named = self.members.0.iter().filter(|(Text(known), _)| known == name);
        match (named.next(), named.next()) {
            (Some((_, value)), None) => Ok(value),
            (None, _) => Err(Unreadable(format!("the response has no {}", self.path_of(name)))),
            (Some(_), Some(_)) => Err(Unreadable(format!("the response contains {} twice", self.path_of(name)))),
        }
    }

    fn expected(&self, name: &str, expected: &str) -> Unreadable {
        let path = self.path_of(name);
        let place = self.member(name).map(|value| place(self.body, value.get())).unwrap_or_default();
        Unreadable(format!("the response's {path} is not {expected}{place}"))
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}{}{name}", self.name, if self.name.is_empty() { "" } else { "." })
    }
}

/// Returns whether MQTT's CONNECT cannot contain the text. A NUL would also end it early in C.
pub(crate) fn has_control_characters(text: &str) -> bool {
    text.contains(char::is_control)
}

/// Returns the time of these milliseconds since 1970.
pub(crate) fn time(ms: u64) -> Option<SystemTime> {
    (ms <= TIME_MAX_MS).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
}

/// ` (line 1, column 17)` of a part of the body.
fn place(body: &[u8], part: &str) -> String {
    let offset = (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    let before = body.get(..offset).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    format!(" (line {line}, column {column})")
}

/// A string, borrowed from the body unless it contains an escape.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Every member with its name, in the order of the text.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                // Enough for what the service documents.
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
