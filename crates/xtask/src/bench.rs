//! `cargo xtask bench`.

use std::ffi::OsString;

use crate::language::LANGUAGES;
use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Builds the benchmark program and runs it: its profile optimises for speed, as a Rust user's release build does. Not by `cargo
/// run`, which would give the programs of other languages the libraries that lie in its own folder.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[OsString]) {
    steps.run("bench", || {
        process::run(workspace.cargo().args(["build", "--locked", "--profile", "bench", "-p", "devcred-bench"]))?;
        let mut command = process::command(workspace.target.join("release/devcred-bench"));
        for language in LANGUAGES {
            command.args((language.contenders)(workspace)?);
        }
        process::run(command.args(arguments))
    });
}
