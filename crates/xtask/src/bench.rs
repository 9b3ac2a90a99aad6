//! `cargo xtask bench`.

use std::ffi::OsString;

use crate::alternatives;
use crate::lang::LANGUAGES;
use crate::run::{Steps, process};
use crate::workspace::Workspace;

/// Builds the benchmark program, optimised for speed like a Rust user's release build, and runs it.
/// With `cargo run`, the programs of other languages would load the libraries in its folder.
pub(crate) fn run(workspace: &Workspace, steps: &Steps, arguments: &[OsString]) {
    steps.run("bench", || {
        process::run(workspace.cargo().args(["build", "--locked", "--profile", "bench", "-p", "devcred-bench"]))?;
        let mut command = process::command(workspace.target.join("release/devcred-bench"));
        for language in LANGUAGES {
            command.args((language.bench_args)(workspace)?);
        }
        command.args(alternatives::bench_args(workspace)?);
        process::run(command.args(arguments))
    });
}
