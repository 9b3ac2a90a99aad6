//! `cargo xtask bench`.

use std::ffi::OsString;

use crate::language::LANGUAGES;
use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Runs the benchmark program. Its profile optimises for speed, as a Rust user's release build does.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[OsString]) {
    steps.run("bench", || {
        let mut command = workspace.cargo();
        command.args(["run", "--locked", "--profile", "bench", "-p", "devcred-bench", "--"]);
        for language in LANGUAGES {
            command.args((language.contenders)(workspace)?);
        }
        process::run(command.args(arguments))
    });
}
