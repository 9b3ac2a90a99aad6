//! The languages. Each has a module with its row for the table below.

pub(crate) mod c;
pub(crate) mod emulator;
pub(crate) mod kotlin;
mod language;
mod maven;
pub(crate) mod node;
pub(crate) mod python;
mod rust;
mod swift;
pub(crate) mod uniffi;
pub(crate) mod vendor;

pub(crate) use self::language::{BuildOptions, Language};
use crate::run::choice;

pub(crate) const LANGUAGES: &[Language] =
    &[rust::LANGUAGE, c::LANGUAGE, python::LANGUAGE, node::LANGUAGE, kotlin::LANGUAGE, swift::LANGUAGE];

/// The names that `--lang` takes.
pub(crate) fn names() -> Vec<&'static str> {
    LANGUAGES.iter().map(|language| language.name).collect()
}

/// The languages with one of these names, or all.
pub(crate) fn choose(names: &[String]) -> Vec<&'static Language> {
    choice::choose(LANGUAGES, |language| language.name, names)
}
