//! The type of a row in the table of languages.

use std::path::PathBuf;

use anyhow::Result;

use crate::check::Artifact;
use crate::run::{Steps, Tally};
use crate::workspace::Workspace;

/// The functions for one language. Each runs its work as named steps, which record success and
/// failure.
pub(crate) struct Language {
    /// The name in `--lang` and in the last lines of a test run.
    pub(crate) name: &'static str,
    /// Installs what the tests need, below `target/`. It is quick if everything is installed.
    pub(crate) setup: fn(&Workspace, &mut Steps),
    /// Builds it.
    pub(crate) build: fn(&Workspace, &mut Steps, &BuildOptions),
    /// Builds the release artifacts and installs them with the language's probe in a folder of
    /// `installed.rs`, after `setup`. Returns `None` if it failed.
    pub(crate) install: fn(&Workspace, &mut Steps) -> Option<()>,
    /// Runs every test except the shared suite, after `install`, and returns how many passed and
    /// failed. Two languages may run in parallel.
    pub(crate) test: fn(&Workspace, &mut Steps) -> Tally,
    /// Runs cases of the shared suite again under a checker, and returns how many passed and
    /// failed.
    pub(crate) check_suite: Option<fn(&Workspace, &mut Steps) -> Tally>,
    /// Builds the release artifacts whose sizes are in `ledger.toml`.
    pub(crate) artifacts: fn(&Workspace) -> Result<Vec<Artifact>>,
    /// Builds the programs that `cargo xtask bench` measures, and returns the arguments that name
    /// them.
    pub(crate) bench_args: fn(&Workspace) -> Result<Vec<String>>,
}

/// The options of `cargo xtask build`.
#[derive(Default)]
pub(crate) struct BuildOptions {
    /// Optimise for size, without symbols. Only Rust and its command have debug builds.
    pub(crate) release: bool,
    /// The folder for C's library, instead of `target/c/prefix`.
    pub(crate) prefix: Option<PathBuf>,
}
