//! The files of the cases: each contains one case, or a base and rows.

use std::path::Path;
use std::{fmt, fs, io};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Case;

/// The name of a case, and the case or why it is invalid.
pub type NamedCase = (String, Result<Case, String>);

/// Reads every case below the folder, in the order of their names: `group/file`, or
/// `group/file/row`.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn read_all(folder: &Path) -> io::Result<Vec<NamedCase>> {
    let mut cases = Vec::new();
    for group in fs::read_dir(folder)? {
        let group = group?;
        if !group.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(group.path())? {
            let file = file?.path();
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{}/{stem}", group.file_name().to_string_lossy());
            if file.extension().is_some_and(|extension| extension == "json") {
                cases.extend(cases_of(&name, &fs::read_to_string(&file)?));
            } else {
                cases.push((name, Err("a case is a .json file".to_owned())));
            }
        }
    }
    cases.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(cases)
}

/// Reads the cases in the text of a file with this name.
pub fn cases_of(name: &str, text: &str) -> Vec<NamedCase> {
    let error = |wrong: String| vec![(name.to_owned(), Err(format!("tests/cases/{name}.json: {wrong}")))];
    let mut base = match serde_json::from_str(text) {
        Ok(WithoutDuplicates(Value::Object(base))) => base,
        Ok(_) => return error("a case is an object".to_owned()),
        Err(wrong) => return error(wrong.to_string()),
    };
    match base.remove("rows") {
        None => match Case::from_value(Value::Object(base)) {
            Ok(case) => vec![(name.to_owned(), Ok(case))],
            Err(wrong) => error(wrong),
        },
        Some(Value::Object(rows)) if !rows.is_empty() => {
            let case_of = |(row, patch): (String, Value)| {
                let mut case = Value::Object(base.clone());
                merge(&mut case, patch);
                let case = if is_name(&row) {
                    Case::from_value(case)
                } else {
                    Err("the name of a row is made of a-z, 0-9 and -".to_owned())
                };
                let case = case.map_err(|wrong| format!("tests/cases/{name}.json, row {row:?}: {wrong}"));
                (format!("{name}/{row}"), case)
            };
            rows.into_iter().map(case_of).collect()
        }
        Some(_) => error("`rows` is an object with at least one row".to_owned()),
    }
}

/// Merges the patch into the target: objects key by key, and any other value replaces the target's.
/// Unlike in RFC 7396, `null` is such a value, because it means something in a case: a key that is
/// left out or must be absent.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

fn is_name(row: &str) -> bool {
    !row.is_empty() && row.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// A JSON value in which no object has a key twice: the second of two rows with one name would
/// replace the first.
struct WithoutDuplicates(Value);

impl<'de> Deserialize<'de> for WithoutDuplicates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(WithoutDuplicates(value)) = values.next_element()? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, WithoutDuplicates(value))) = pairs.next_entry::<String, _>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("the key `{key}` appears twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
