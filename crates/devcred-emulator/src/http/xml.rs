//! Writes responses as XML.

use serde_json::Value;

/// Writes `value` as an element called `root`.
///
/// A list becomes one element for each entry. This is inferred: the documents show no list of an
/// RPC response in XML.
pub(crate) fn document(root: &str, value: &Value) -> String {
    let mut text = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    write(&mut text, root, value);
    text
}

fn write(text: &mut String, name: &str, value: &Value) {
    if let Value::Array(entries) = value {
        for entry in entries {
            write(text, name, entry);
        }
        return;
    }
    text.push_str(&format!("<{name}>"));
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                write(text, name, member);
            }
        }
        Value::String(value) => text.extend(value.chars().map(escaped)),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}

/// Escapes a character. Characters that XML cannot contain, not even escaped, are replaced.
fn escaped(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '\n' | '\t' => character.to_string(),
        '\r' => "&#13;".to_owned(),
        control if control < ' ' || matches!(control, '\u{FFFE}' | '\u{FFFF}') => {
            char::REPLACEMENT_CHARACTER.to_string()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document;

    #[test]
    fn members_lists_and_special_characters_are_written() {
        let value = json!({"A": "a<b>&\u{1}\r\n", "B": {"C": 1, "D": null}, "E": ["x", "y"], "F": []});
        let expected = "<R><A>a&lt;b&gt;&amp;\u{FFFD}&#13;\n</A><B><C>1</C><D></D></B><E>x</E><E>y</E></R>";
        assert_eq!(document("R", &value), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{expected}"));
    }
}
