//! `cargo xtask mutants`: changes the core in one place at a time, and sees that a test fails. `.cargo/mutants.toml` lists the
//! files, and the changes that no test can notice.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{process, tools};

/// The end of `cargo xtask mutants --help`.
pub(crate) const HELP: &str = "\
A mutant that survives is a promise that no test proves: write the test. If nothing can be noticed from outside, list it in
.cargo/mutants.toml with the reason.

Examples:
  cargo xtask mutants                                     all, more than an hour
  cargo xtask mutants -- --list                           only lists them
  cargo xtask mutants -- -F src/pace.rs                   those of one file
  cargo xtask mutants -- --shard 0/8                      an eighth of them

The lists of those that were caught, missed and timed out are in target/mutants/mutants.out. It builds cargo-mutants at the
first time.";

/// Few enough for `cargo xtask check`, spread over the files.
const SMOKE: &str = "0/80";

/// Runs all mutants, or those that the arguments of cargo-mutants select.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[OsString]) {
    steps.run("mutants", || {
        let mut command = command(workspace)?;
        judge(command.args(arguments))
    });
}

/// Sees that the tool runs with its configuration, and that the tests catch a few mutants.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    let mut command = command(workspace)?;
    judge(command.args(["--shard", SMOKE, "--sharding", "round-robin"]))
}

/// It copies the tree to a new folder. What it builds stays below `target/`, so that a later run builds only our own crates.
fn command(workspace: &Workspace) -> Result<Command> {
    let mut command = process::command(tools::install(workspace, &tools::CARGO_MUTANTS)?);
    let folder = workspace.target.join("mutants");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    command.current_dir(&workspace.root).args(["mutants", "--jobs=1", "--no-shuffle", "--colors=never", "--output"]);
    command.arg(&folder).env("CARGO_TARGET_DIR", folder.join("build"));
    Ok(command)
}

/// Runs it. 3 means that some mutants made a test hang, which is how such a mutant is caught.
fn judge(command: &mut Command) -> Result<()> {
    process::announce(command);
    let status = command.status().with_context(|| process::not_started(command))?;
    match status.code() {
        Some(0 | 3) => Ok(()),
        Some(2) => bail!("mutants survived: the lines above that begin with MISSED name them"),
        Some(4) => bail!("the tests fail without any mutant; its output is above"),
        _ => bail!("cargo-mutants ended with {status}; its output is above"),
    }
}
