//! `cargo xtask mutants`: changes the core in one place at a time, and checks that a test fails.
//! `.cargo/mutants.toml` lists the files, and the changes that no test can notice.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail, ensure};
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
  cargo xtask mutants -- -F src/rate_limit.rs             those of one file
  cargo xtask mutants -- --shard 0/8                      an eighth of them

target/mutants/mutants.out lists the mutants that were caught, were missed and timed out. The first run builds cargo-mutants.";

/// The tests that must notice a mutant, from the quickest to the slowest. Each pass runs the
/// mutants that the earlier ones missed.
const PASSES: &[(&str, &[&str])] = &[
    ("unit tests", &["--cargo-arg=--lib"]),
    ("tests of the crate", &["--iterate", "--cargo-arg=--tests"]),
    ("the shared suite", SUITE),
];

/// cargo-mutants runs its baseline, the tests without a mutant, only in the package of the mutants,
/// which has no suite. So `run` runs the suite before this pass.
const SUITE: &[&str] =
    &["--iterate", "--test-workspace=true", "--cargo-arg=--test=suite", "--baseline=skip", "--timeout=300"];

/// A few mutants for `cargo xtask check`, in files whose unit tests alone notice every mutant.
const SMOKE: &[&str] =
    &["--re=src/(rate_limit|retry|sign)", "--shard=0/25", "--sharding=round-robin", "--cargo-arg=--lib"];

/// Runs all mutants, or those that the arguments of cargo-mutants select.
pub(crate) fn run(workspace: &Workspace, steps: &Steps, arguments: &[OsString]) {
    for (about, pass) in PASSES {
        if *pass == SUITE {
            steps.run("mutants: the shared suite without any", || Suite::of(&["rust"]).run(workspace)?.check());
        }
        if steps.run(&format!("mutants: {about}"), || run_pass(workspace, arguments, pass)) != Some(false) {
            return;
        }
    }
    steps.run("mutants: none survives", || -> Result<()> {
        bail!("mutants survived: the lines of the last pass that begin with MISSED name them")
    });
}

/// Checks that the tool runs with its configuration, and that the tests notice a few mutants.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    ensure!(run_pass(workspace, &[], SMOKE)?, "mutants survived: the lines above that begin with MISSED name them");
    Ok(())
}

/// Runs cargo-mutants and returns whether the tests noticed every mutant. It copies the tree to a
/// new folder, but builds below `target/`, so that a later run builds only the workspace's crates.
fn run_pass(workspace: &Workspace, arguments: &[OsString], pass: &[&str]) -> Result<bool> {
    let mut command = process::command(tools::install(workspace, &tools::CARGO_MUTANTS)?);
    let folder = workspace.target.join("mutants");
    fs::create_dir_all(&folder)?;
    command.current_dir(&workspace.root).args(["mutants", "--jobs=1", "--no-shuffle", "--colors=never", "--output"]);
    command.arg(&folder).args(arguments).args(pass).env("CARGO_TARGET_DIR", folder.join("build"));
    let status = process::run_to_end(&mut command)?;
    all_caught(status.code(), &folder.join("mutants.out/missed.txt"))
}

/// The status 3 means that some mutants made a test hang, so the tests noticed them. It says nothing
/// about the others: only the list of survivors does.
fn all_caught(status: Option<i32>, survivors: &Path) -> Result<bool> {
    match status {
        Some(0 | 2 | 3) => Ok(fs::read_to_string(survivors)?.trim().is_empty()),
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
        for (list, expected) in [("", true), ("src/rate_limit.rs:22:42: replace * with +\n", false)] {
            fs::write(survivors.path(), list).expect("it can be written");
            for status in [0, 2, 3] {
                assert_eq!(all_caught(Some(status), survivors.path()).expect("it ran"), expected, "{status}");
            }
        }
        for failed in [Some(1), Some(4), None] {
            all_caught(failed, survivors.path()).expect_err("it did not run to its end");
        }
        all_caught(Some(0), Path::new("no/such/list")).expect_err("there is no list");
    }
}
