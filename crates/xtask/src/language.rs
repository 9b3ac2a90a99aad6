//! The table of languages. A language adds one file beside this one and one row here.

use std::path::PathBuf;

use anyhow::Result;

use crate::ledger::Shipped;
use crate::runner::Tally;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{c, kotlin, node, python, rust, swift};

/// What `xtask` does for one language. Each function runs its work as named steps, which record success and failure.
pub(crate) struct Language {
    /// As `--lang` takes it and the last line of a test run shows it.
    pub(crate) name: &'static str,
    /// Installs what the tests need, below `target/`. Quick where everything is there.
    pub(crate) setup: fn(&Workspace, &mut Steps),
    /// Builds it.
    pub(crate) build: fn(&Workspace, &mut Steps, &BuildOptions),
    /// Builds what is shipped and installs it with the language's probe in a folder of `installed.rs`, after `setup`. `None`: it
    /// failed.
    pub(crate) install: fn(&Workspace, &mut Steps) -> Option<()>,
    /// Runs every test but the shared suite, after `install`, and says how many passed and failed. It may run beside another
    /// language's.
    pub(crate) test: fn(&Workspace, &mut Steps) -> Tally,
    /// Runs what the shared suite runs beside the language's column, such as the probe under a checker, and says the same.
    pub(crate) check_suite: fn(&Workspace, &mut Steps) -> Tally,
    /// Builds what is shipped: the files whose sizes stand in the ledger.
    pub(crate) shipped: fn(&Workspace) -> Result<Vec<Shipped>>,
    /// Builds what `cargo xtask bench` measures of it, and gives the arguments that say so to the benchmark program.
    pub(crate) contenders: fn(&Workspace) -> Result<Vec<String>>,
}

/// What `cargo xtask build` takes beside the languages.
#[derive(Default)]
pub(crate) struct BuildOptions {
    /// Optimised for size, without symbols. What is only ever shipped is built so anyhow.
    pub(crate) release: bool,
    /// Where C's library is installed, in place of `target/c/prefix`.
    pub(crate) prefix: Option<PathBuf>,
}

pub(crate) const LANGUAGES: &[Language] =
    &[rust::LANGUAGE, c::LANGUAGE, python::LANGUAGE, node::LANGUAGE, kotlin::LANGUAGE, swift::LANGUAGE];

/// The names that `--lang` takes.
pub(crate) fn names() -> Vec<&'static str> {
    LANGUAGES.iter().map(|language| language.name).collect()
}

/// The languages with one of these names, in the table's order, and the names of the others. No names: all languages.
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
