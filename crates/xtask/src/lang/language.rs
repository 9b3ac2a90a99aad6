//! The type of a row in the table of languages.

use std::path::PathBuf;

use anyhow::Result;

use crate::check::Artifact;
use crate::run::Step;
use crate::workspace::Workspace;

/// The work for one language.
pub(crate) struct Language {
    /// The name in `--lang` and in the last lines of a test run.
    pub(crate) name: &'static str,
    /// Installs what the tests need, below `target/`. It is quick if everything is installed.
    pub(crate) setup: &'static [Step],
    /// Builds it, and returns the release artifacts whose sizes are in `ledger.toml`.
    pub(crate) build: fn(&Workspace, &BuildOptions) -> Result<Vec<Artifact>>,
    /// Builds the release artifacts and installs them with the language's probe in a folder of
    /// `installed.rs`, after `setup`. `None` for Rust, whose probe is part of the workspace.
    pub(crate) install: Option<fn(&Workspace) -> Result<()>>,
    /// Every test except the shared suite, after `install`. Two languages may run in parallel.
    pub(crate) tests: &'static [Step],
    /// Cases of the shared suite that run again under a checker.
    pub(crate) suite_checks: &'static [Step],
    /// Builds the programs that `cargo xtask bench` measures, and returns the arguments that name
    /// them.
    pub(crate) bench_args: fn(&Workspace) -> Result<Vec<String>>,
    /// Builds the program of `cargo xtask soak`, and returns the command that starts it, split at
    /// spaces.
    pub(crate) soak: Option<fn(&Workspace) -> Result<String>>,
}

/// The options of `cargo xtask build`.
#[derive(Default)]
pub(crate) struct BuildOptions {
    /// Optimise for size, without symbols. Only Rust and its command have debug builds.
    pub(crate) release: bool,
    /// The folder for C's library, instead of `target/c/prefix`.
    pub(crate) prefix: Option<PathBuf>,
    /// Also build the documentation that is published with the artifacts.
    pub(crate) documentation: bool,
}
