//! `cargo xtask soak`: many minutes of calls through several languages at once, against a hostile
//! server.

use std::ffi::OsString;

use anyhow::Result;

use crate::lang::{c, node, python};
use crate::run::{Steps, choice, process};
use crate::workspace::Workspace;

struct Program {
    language: &'static str,
    /// Builds the program of this language, and returns the command that starts it, split at
    /// spaces.
    build: fn(&Workspace) -> Result<String>,
}

const PROGRAMS: &[Program] = &[
    Program { language: "rust", build: rust },
    Program { language: "c", build: c::soak },
    Program { language: "python", build: python::soak },
    Program { language: "node", build: node::soak },
];

/// The names that `cargo xtask soak --lang` takes.
pub(crate) fn names() -> Vec<&'static str> {
    PROGRAMS.iter().map(|program| program.language).collect()
}

/// The end of `cargo xtask soak --help`.
pub(crate) const HELP: &str = "\
Each call must end exactly once, with the login of its own device or with an error that the server's faults explain. The
memory, threads and descriptors of each program may grow from the second quarter of the run to the last by the limits in the
table at the end. Run nothing else on the machine.

Examples:
  cargo xtask soak                          ten minutes, 300 calls a second through each of four languages
  cargo xtask soak --seconds 30 --lang rust
  cargo xtask soak --rate 100 -- --seed 7   other random faults";

/// Builds the programs of these languages, or of all, and runs them.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, only: &[String], arguments: &[OsString]) {
    let mut command = process::command(workspace.target.join("release/devcred-soak"));
    for program in choice::choose(PROGRAMS, |program| program.language, only) {
        let built = steps.run(&format!("soak: {}", program.language), || (program.build)(workspace));
        let Some(built) = built else { return };
        command.arg(format!("--program={}={built}", program.language));
    }
    steps.run("soak", || {
        build(workspace)?;
        process::run(command.args(arguments))
    });
}

/// Builds the driver and the program of Rust, optimised like a Rust user's release build.
fn build(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["build", "--locked", "--profile", "bench", "-p", "devcred-soak"]))
}

fn rust(workspace: &Workspace) -> Result<String> {
    build(workspace)?;
    Ok(workspace.target.join("release/devcred-soak-rust").display().to_string())
}
