//! `cargo xtask soak`: many minutes of calls through several languages at once, against a hostile
//! server.

use std::ffi::OsString;

use anyhow::Result;

use crate::lang::{self, LANGUAGES};
use crate::run::{Steps, process};
use crate::workspace::Workspace;

/// The names that `cargo xtask soak --lang` takes.
pub(crate) fn names() -> Vec<&'static str> {
    LANGUAGES.iter().filter(|language| language.soak.is_some()).map(|language| language.name).collect()
}

/// The end of `cargo xtask soak --help`.
pub(crate) const HELP: &str = "\
Each call must end exactly once, with the login of its own device or with an error that the server's
faults explain. The memory, threads and descriptors of each program may grow from the second quarter
of the run to the last by the limits in the table at the end. Run nothing else on the machine.

Examples:
  cargo xtask soak                          ten minutes, 300 calls a second through each of four languages
  cargo xtask soak --seconds 30 --lang rust
  cargo xtask soak --rate 100 -- --seed 7   other random faults";

/// Builds the programs of these languages, or of all that have one, and runs them.
pub(crate) fn run(workspace: &Workspace, steps: &Steps, only: &[String], arguments: &[OsString]) {
    let mut command = process::command(workspace.target.join("release/devcred-soak"));
    for language in lang::choose(only) {
        let Some(soak) = language.soak else { continue };
        let name = language.name;
        let Some(program) = steps.run(&format!("soak: {name}"), || soak(workspace)) else { return };
        command.arg(format!("--program={name}={program}"));
    }
    steps.run("soak", || {
        build(workspace)?;
        process::run(command.args(arguments))
    });
}

/// Builds the driver and the program of Rust, optimised like a Rust user's release build.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["build", "--locked", "--profile", "bench", "-p", "devcred-soak"]))
}
