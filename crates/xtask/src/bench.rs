//! `cargo xtask bench`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::alternatives;
use crate::lang::Language;
use crate::run::{Steps, process};
use crate::workspace::Workspace;

pub(crate) const HELP: &str = "Examples:
  cargo xtask bench                prints BENCHMARKS.md; less than half an hour
  cargo xtask bench --quick        fewer and shorter rounds; less than 10 minutes
  cargo xtask bench --write        writes BENCHMARKS.md and its charts
  cargo xtask bench --lang c       only Rust and C
  cargo xtask bench -- --help      the options of the benchmark program";

/// Runs the benchmark program with the programs of these languages, and with what they are compared
/// with. With `cargo run`, they would
/// load the libraries in its folder.
pub(crate) fn run(workspace: &Workspace, steps: &Steps, languages: &[&Language], arguments: &[OsString]) {
    steps.run("bench", || {
        let mut command = process::command(build(workspace)?);
        for language in languages {
            command.args((language.bench_args)(workspace)?);
        }
        command.args(alternatives::bench_args(workspace, languages)?);
        process::run(command.current_dir(&workspace.root).args(arguments))
    });
}

/// Builds the benchmark program, optimised for speed like a Rust user's release build, and returns
/// its path.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    process::run(workspace.cargo().args(["build", "--locked", "--profile", "bench", "-p", "devcred-bench"]))?;
    Ok(workspace.target.join("release/devcred-bench"))
}
