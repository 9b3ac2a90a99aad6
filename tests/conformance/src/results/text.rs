//! What the texts of a probe must contain: the default text of an error, and the mask of a secret.

use crate::line::Line;

/// Every text of a credential or a login contains this instead of a secret. A language with a method
/// `reveal` names it.
const MASK: &str = "<hidden";

/// Returns what the text of this answer must contain, or `None` for a cancelled call.
pub(crate) fn required_text(answer: &Line) -> Option<String> {
    match answer.get("outcome")? {
        "ok" => Some(MASK.to_owned()),
        "error" => Some(default_text(answer)),
        _ => None,
    }
}

/// `KIND: message (Code, request id …)`, and the advice on a second line: the default text of an
/// error in every language.
fn default_text(answer: &Line) -> String {
    let member = |key: &str| answer.get(key).unwrap_or_default();
    let in_brackets = match (answer.get("code"), answer.get("request_id")) {
        (Some(code), Some(id)) => format!(" ({code}, request id {id})"),
        (Some(code), None) => format!(" ({code})"),
        (None, Some(id)) => format!(" (request id {id})"),
        (None, None) => String::new(),
    };
    let advice = answer.get("advice").map(|advice| format!("\n{advice}")).unwrap_or_default();
    format!("{}: {}{in_brackets}{advice}", member("kind"), member("message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_text_consists_of_the_members_that_exist() {
        let mut answer = Line::default();
        for (key, value, expected) in [
            ("outcome", "error", ": "),
            ("kind", "NotFound", "NotFound: "),
            ("message", "No.", "NotFound: No."),
            ("request_id", "A-1", "NotFound: No. (request id A-1)"),
            ("code", "None", "NotFound: No. (None, request id A-1)"),
            ("advice", "Try.", "NotFound: No. (None, request id A-1)\nTry."),
        ] {
            answer.set(key, value);
            assert_eq!(required_text(&answer).as_deref(), Some(expected));
        }
        answer.remove("request_id");
        assert_eq!(required_text(&answer).as_deref(), Some("NotFound: No. (None)\nTry."));
        answer.set("outcome", "ok");
        assert_eq!(required_text(&answer).as_deref(), Some(MASK));
        answer.set("outcome", "cancelled");
        assert_eq!(required_text(&answer), None);
    }
}
