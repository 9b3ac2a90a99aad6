//! Rust: the workspace, and the packages whose tests need a separate run.

use std::process::Command;

use crate::lang::{BuildOptions, Language, vendor};
use crate::run::{Steps, Tally, process, runner};
use crate::workspace::Workspace;

/// Rust's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "rust",
    setup,
    build,
    // cargo builds the probe with the suite.
    install: |_, _| Some(()),
    test,
    check_suite: None,
    artifacts: |_| Ok(Vec::new()),
    // The benchmark program is Rust's.
    bench_args: |_| Ok(Vec::new()),
};

/// Tests with a separate run: their subject, and the command.
type Separate = (&'static str, fn(&Workspace) -> Command);

const SEPARATE: &[Separate] = &[
    ("the corpora of the fuzz targets", |workspace| {
        let mut command = workspace.cargo_together("test");
        command.args(["--test", "replay"]);
        command
    }),
    // In one run with the others, cargo would turn its features on for them too.
    ("with features of reqwest that a user's other crates turn on", |workspace| {
        let mut command = workspace.cargo();
        command.args(["test", "--locked", "-p", "devcred-feature-unification"]);
        command
    }),
];

fn setup(workspace: &Workspace, steps: &mut Steps) {
    vendor::PYTHON.setup(workspace, steps);
}

fn build(workspace: &Workspace, steps: &mut Steps, options: &BuildOptions) {
    steps.run("rust: build", || {
        let mut command = workspace.cargo();
        command.args(["build", "--locked"]);
        if options.release {
            command.arg("--release");
        }
        process::run(&mut command)
    });
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    let mut tally = steps.test("rust: tests", || {
        // A list of targets would leave out the examples in the documentation.
        runner::run(workspace.cargo_together("test").arg("--no-fail-fast"))
    });
    for (about, command) in SEPARATE {
        let name = format!("rust: tests, {about}");
        if !steps.leaves_out(&name) {
            tally += steps.test(&name, || runner::run(command(workspace).arg("--no-fail-fast")));
        }
    }
    tally += vendor::PYTHON.test(workspace, steps);
    tally
}
