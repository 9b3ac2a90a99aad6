//! Tables whose rows users choose by name.

use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::run::say;

/// The rows with one of these names, in the table's order; without names, all rows. Prints the
/// names of the others, so that no one mistakes the run for a full one.
pub(crate) fn choose<'a, T>(table: &'a [T], name: fn(&T) -> &'static str, only: &[String]) -> Vec<&'a T> {
    let (chosen, left_out): (Vec<_>, Vec<_>) =
        table.iter().partition(|row| only.is_empty() || only.iter().any(|only| only == name(row)));
    if !left_out.is_empty() {
        say!("left out: {}", left_out.into_iter().map(name).collect::<Vec<_>>().join(", "));
    }
    chosen
}

/// Parses one of these names. The help lists each with its description.
pub(crate) fn parser(rows: impl Iterator<Item = (&'static str, &'static str)>) -> PossibleValuesParser {
    PossibleValuesParser::new(rows.map(|(name, about)| PossibleValue::new(name).help(about)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_name_and_without_names_all_are() {
        assert_eq!(choose(&["a", "b", "c"], |name| name, &[]), [&"a", &"b", &"c"]);
        assert_eq!(choose(&["a", "b", "c"], |name| name, &["c".to_owned(), "a".to_owned()]), [&"a", &"c"]);
    }
}
