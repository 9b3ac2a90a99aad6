//! What a client requires: one message for everything that is not set.

use crate::error::Error;

/// A required setting that has no value.
pub(crate) struct Missing {
    /// The option, as a message names it.
    pub option: &'static str,
    /// The variables that could set it instead, as a message names them.
    pub variables: Vec<&'static str>,
}

/// Creates the error for these settings. `reads_environment`: whether the variables would have been
/// read.
pub(crate) fn not_set(missing: &[Missing], reads_environment: bool) -> Error {
    let options: Vec<_> = missing.iter().map(|setting| setting.option).collect();
    let variables: Vec<_> = missing.iter().flat_map(|setting| setting.variables.iter().copied()).collect();
    let (names, alternative) = if reads_environment {
        let options_word = if options.len() == 1 { "option" } else { "options" };
        (variables, format!("the {options_word} {}", enumeration(&options)))
    } else {
        (options, "create the client from the environment (from_env)".to_owned())
    };
    let pronoun = if names.len() == 1 { "it" } else { "them" };
    Error::invalid_parameter(format!("{}; set {pronoun}, or {alternative}", are_not_set(&names)))
}

/// Returns "a, b and c are not set".
pub(crate) fn are_not_set(names: &[&str]) -> String {
    format!("{} {} not set", enumeration(names), if names.len() == 1 { "is" } else { "are" })
}

/// Returns "a, b and c".
fn enumeration(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(are_not_set(&["a"]), "a is not set");
        assert_eq!(are_not_set(&["a", "b"]), "a and b are not set");
        assert_eq!(are_not_set(&["a", "b", "c"]), "a, b and c are not set");
    }

    #[test]
    fn the_other_way_to_set_them_is_named() {
        let region = || Missing { option: "region", variables: vec!["REGION"] };
        let key = || Missing { option: "access_key", variables: vec!["KEY_ID", "KEY_SECRET"] };
        for (missing, reads_environment, message) in [
            (vec![region()], true, "REGION is not set; set it, or the option region"),
            (
                vec![key(), region()],
                true,
                "KEY_ID, KEY_SECRET and REGION are not set; set them, or the options access_key and region",
            ),
            (vec![key()], false, "access_key is not set; set it, or create the client from the environment (from_env)"),
            (
                vec![key(), region()],
                false,
                "access_key and region are not set; set them, or create the client from the environment (from_env)",
            ),
        ] {
            assert_eq!(not_set(&missing, reads_environment).message(), message);
        }
    }
}
