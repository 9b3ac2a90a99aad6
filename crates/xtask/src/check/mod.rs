//! The checks of `cargo xtask check`: one row each.

mod boundary;
mod instructions;
mod ledger;
mod msrv;
mod size_budget;

pub(crate) use self::size_budget::Artifact;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use crate::install::tools;
use crate::mutants;
use crate::run::{Job, Step, Steps, choice, files, process};
use crate::workspace::Workspace;

struct Check {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

/// Two run in parallel, in this order: first the quick ones, then the slowest one, in parallel with
/// the others.
const CHECKS: &[Check] = &[
    Check { name: "fmt", about: "every file is formatted by rustfmt", run: fmt },
    Check { name: "boundary", about: "what a crate or a binding may contain", run: boundary::check },
    Check {
        name: "ledger",
        about: "no release artifact has grown by more than a tenth (ledger.toml)",
        run: size_budget::check,
    },
    Check { name: "clippy", about: "no warning of rustc or clippy, in tests either", run: clippy },
    Check { name: "doc", about: "the documentation of what is published builds without a warning", run: doc },
    Check { name: "api", about: "the core's public API contains no type of another crate", run: api },
    Check { name: "msrv", about: "packages with a rust-version build with Rust 1.85.0", run: msrv::check },
    Check {
        name: "mutants",
        about: "the tests notice a few changes of the core; all: cargo xtask mutants",
        run: mutants::smoke,
    },
    Check {
        name: "instructions",
        about: "the core executes no more than a tenth more instructions (ledger.toml); needs valgrind",
        run: instructions::check,
    },
    Check { name: "deny", about: "licences, sources and refused dependencies (deny.toml)", run: deny },
];

/// Parses the name of a check.
pub(crate) fn parser() -> PossibleValuesParser {
    choice::parser(CHECKS.iter().map(|check| (check.name, check.about)))
}

/// Runs the checks with these names, or all.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, only: &[String]) {
    let job = |check: &'static Check| -> Job<'_> {
        Box::new(|steps| {
            steps.run(check.name, || (check.run)(workspace));
        })
    };
    let jobs = choice::choose(CHECKS, |check| check.name, only).into_iter().map(job).collect();
    steps.run_jobs(workspace.target.join("log"), jobs);
}

/// Installs what the checks need, so that a later run needs no network.
pub(crate) const SETUP: &[Step] = &[
    Step::new("valgrind", |_| instructions::install()),
    Step::new("Rust 1.85.0", |workspace| msrv::install(workspace).map(drop)),
    Step::new("tools", |workspace| {
        let tools = [tools::CARGO_CHECK_EXTERNAL_TYPES, tools::CARGO_DENY, tools::CARGO_MUTANTS];
        tools.iter().try_for_each(|tool| tools::install(workspace, tool).map(drop))
    }),
];

fn fmt(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    // The second are the tests that a plain `cargo test` leaves out; `--all-targets` does not
    // include them.
    for targets in [&["--all-targets"][..], &["--test", "*"]] {
        let mut command = workspace.cargo();
        command.args(["clippy", "--workspace", "--all-features", "--locked"]).args(targets);
        process::run(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn doc(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["doc", "--no-deps", "--all-features", "--locked", "-p", "devcred", "-p", "devcred-emulator"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Another crate's type in the core's public API would let that crate's next major version break the
/// core's users. The core's Cargo.toml lists the exceptions.
///
/// The tool reads rustdoc's unstable JSON, which `RUSTC_BOOTSTRAP` enables; a newer pinned Rust may
/// need a newer tool. Only rustdoc gets the variable: with it, cargo would build the build scripts
/// again, and everything that depends on them.
fn api(workspace: &Workspace) -> Result<()> {
    let rustdoc = workspace.target.join("api/rustdoc");
    files::write_starter(&rustdoc, None, "env RUSTC_BOOTSTRAP=1 rustdoc")?;
    let mut command = process::command(tools::install(workspace, &tools::CARGO_CHECK_EXTERNAL_TYPES)?);
    command.current_dir(workspace.root.join("crates/devcred")).env("RUSTDOC", rustdoc);
    process::run(command.args(["check-external-types", "--all-features"]))
}

/// Leaves advisories out: they are in a git repository that changes every day, so they need the
/// network, and one commit could pass today and fail tomorrow.
fn deny(workspace: &Workspace) -> Result<()> {
    let mut command = process::command(tools::install(workspace, &tools::CARGO_DENY)?);
    command.current_dir(&workspace.root).args(["--locked", "check", "bans", "licenses", "sources"]);
    process::run(&mut command)
}
