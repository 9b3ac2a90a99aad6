//! `cargo xtask mutants`: changes the core in one place at a time, and sees that a test fails. `.cargo/mutants.toml` lists the
//! files, and the changes that no test can notice.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::install::tools;
use crate::run::suite::Suite;
use crate::run::{Steps, process};
use crate::workspace::Workspace;

/// The end of `cargo xtask mutants --help`.
pub(crate) const HELP: &str = "\
A mutant that survives is a promise that no test proves: write the test. If nothing can be noticed from outside, list it in
.cargo/mutants.toml with the reason.

Examples:
  cargo xtask mutants                                     all, more than an hour
  cargo xtask mutants -- -F src/rate_limit.rs                   those of one file
  cargo xtask mutants -- --shard 0/8                      an eighth of them

The lists of those that were caught, missed and timed out are in target/mutants/mutants.out. It builds cargo-mutants at the
first time.";

/// What must notice a mutant, from the quickest to the slowest. Each is asked about those that the ones before have missed.
const PASSES: &[(&str, &[&str])] = &[
    ("unit tests", &["--cargo-arg=--lib"]),
    ("tests of the crate", &["--iterate", "--cargo-arg=--tests"]),
    ("the shared suite", SUITE),
];

/// cargo-mutants runs the tests without a mutant, its baseline, in the package of the mutants only, which has no suite. So
/// `run` does it before.
const SUITE: &[&str] =
    &["--iterate", "--test-workspace=true", "--cargo-arg=--test=suite", "--baseline=skip", "--timeout=300"];

/// Few enough for `cargo xtask check`, in files whose unit tests alone notice every mutant.
const SMOKE: &[&str] =
    &["--re=src/(rate_limit|retry|sign)", "--shard=0/25", "--sharding=round-robin", "--cargo-arg=--lib"];

/// How a pass ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    AllCaught,
    Survivors,
}

/// Runs all mutants, or those that the arguments of cargo-mutants select.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[OsString]) {
    let mut survivors = false;
    for (about, pass) in PASSES {
        if *pass == SUITE {
            steps.run("mutants: the shared suite without any", || Suite::of(&["rust"]).run(workspace)?.check());
        }
        let outcome = steps.run(&format!("mutants: {about}"), || run_pass(workspace, arguments, pass));
        survivors = outcome == Some(Outcome::Survivors);
        if !survivors {
            break;
        }
    }
    if survivors {
        steps.run("mutants: none survives", || -> Result<()> {
            bail!("mutants survived: the lines of the last pass that begin with MISSED name them")
        });
    }
}

/// Sees that the tool runs with its configuration, and that the tests notice a few mutants.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    match run_pass(workspace, &[], SMOKE)? {
        Outcome::AllCaught => Ok(()),
        Outcome::Survivors => bail!("mutants survived: the lines above that begin with MISSED name them"),
    }
}

/// It copies the tree to a new folder. What it builds stays below `target/`, so that a later run builds only our own crates.
fn run_pass(workspace: &Workspace, arguments: &[OsString], pass: &[&str]) -> Result<Outcome> {
    let mut command = process::command(tools::install(workspace, &tools::CARGO_MUTANTS)?);
    let folder = workspace.target.join("mutants");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    command.current_dir(&workspace.root).args(["mutants", "--jobs=1", "--no-shuffle", "--colors=never", "--output"]);
    command.arg(&folder).args(arguments).args(pass).env("CARGO_TARGET_DIR", folder.join("build"));
    process::announce(&command);
    let status = command.status().with_context(|| process::not_started(&command))?;
    outcome(status.code(), &folder.join("mutants.out/missed.txt"))
}

/// The status 3 means that some mutants made a test hang, which is how such a mutant is noticed. It says nothing of the others, so
/// that only the list tells whether there are survivors.
fn outcome(status: Option<i32>, survivors: &Path) -> Result<Outcome> {
    match status {
        Some(0 | 2 | 3) => {
            let list = fs::read_to_string(survivors).with_context(|| format!("cannot read {}", survivors.display()))?;
            Ok(if list.trim().is_empty() { Outcome::AllCaught } else { Outcome::Survivors })
        }
        Some(4) => bail!("the tests fail without any mutant; their output is above"),
        other => bail!("cargo-mutants ended with the status {other:?}; its output is above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_that_hangs_is_noticed_and_one_that_survives_beside_it_is_not() {
        let survivors = tempfile::NamedTempFile::new().expect("a file can be made");
        for (list, expected) in
            [("", Outcome::AllCaught), ("src/rate_limit.rs:22:42: replace * with +\n", Outcome::Survivors)]
        {
            fs::write(survivors.path(), list).expect("it can be written");
            for status in [0, 2, 3] {
                assert_eq!(outcome(Some(status), survivors.path()).expect("it ran"), expected, "{status}");
            }
        }
        for failed in [Some(1), Some(4), None] {
            outcome(failed, survivors.path()).expect_err("it did not run to its end");
        }
        outcome(Some(0), Path::new("no/such/list")).expect_err("there is no list");
    }
}
