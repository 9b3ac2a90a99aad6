//! The languages. Each has a module with its row for the table below.

pub(crate) mod c;
pub(crate) mod emulator;
pub(crate) mod kotlin;
pub(crate) mod language;
pub(crate) mod node;
pub(crate) mod python;
mod rust;
mod swift;
pub(crate) mod uniffi;
mod vendor;

use self::language::Language;

pub(crate) const LANGUAGES: &[Language] =
    &[rust::LANGUAGE, c::LANGUAGE, python::LANGUAGE, node::LANGUAGE, kotlin::LANGUAGE, swift::LANGUAGE];

/// The names that `--lang` takes.
pub(crate) fn names() -> Vec<&'static str> {
    LANGUAGES.iter().map(|language| language.name).collect()
}

/// The languages with one of these names, in the table's order, and the names of the others.
/// Without names it returns all languages.
pub(crate) fn choose(names: &[String]) -> (Vec<&'static Language>, Vec<&'static str>) {
    let (chosen, left_out): (Vec<_>, Vec<_>) =
        LANGUAGES.iter().partition(|language| names.is_empty() || names.iter().any(|name| name == language.name));
    (chosen, left_out.iter().map(|language| language.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_language() {
        let (chosen, left_out) = choose(&[]);
        assert_eq!(chosen.len(), LANGUAGES.len());
        assert!(left_out.is_empty());
    }

    #[test]
    fn a_name_leaves_the_others_out() {
        let (chosen, left_out) = choose(&["rust".to_owned()]);
        assert_eq!(chosen.iter().map(|language| language.name).collect::<Vec<_>>(), ["rust"]);
        assert_eq!(left_out.len(), LANGUAGES.len() - 1);
    }
}
