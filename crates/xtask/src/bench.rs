//! `cargo xtask bench`.

use std::ffi::OsString;

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{c, process};

/// Runs the benchmark program. Its profile optimises for speed, as a Rust user's release build does.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[OsString]) {
    steps.run("bench", || {
        let mut command = workspace.cargo();
        command.args(["run", "--locked", "--profile", "bench", "-p", "devcred-bench", "--"]);
        process::run(command.args(c::bench_arguments(workspace)?).args(arguments))
    });
}
