//! Rust: the workspace itself, and the packages whose tests need a run of their own.

use crate::language::{BuildOptions, Language};
use crate::process;
use crate::runner::{self, Tally};
use crate::steps::Steps;
use crate::vendor;
use crate::workspace::Workspace;

/// Rust's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "rust",
    setup,
    build,
    test,
    shipped: |_| Ok(Vec::new()),
    // The benchmark program is Rust's.
    contenders: |_| Ok(Vec::new()),
};

/// Tests that a plain `cargo test` of the default members does not run.
struct Separate {
    about: &'static str,
    /// Which, in cargo's words.
    select: &'static [&'static str],
}

const SEPARATE: &[Separate] = &[
    Separate { about: "the core with all of its features", select: &["-p", "devcred", "--all-features", "--lib"] },
    // In one run with the others, the features that it turns on would be on for them too.
    Separate {
        about: "with features of reqwest that a user's other crates turn on",
        select: &["-p", "devcred-feature-unification"],
    },
    Separate { about: "the example", select: &["-p", "devcred-example"] },
    Separate { about: "the corpora of the fuzz targets", select: &["-p", "devcred-fuzz"] },
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
        // Without a list of targets: it would leave out the examples in the documentation.
        runner::run(workspace.cargo().args(["test", "--locked", "--no-fail-fast"]))
    });
    for separate in SEPARATE {
        tally += steps.test(&format!("rust: tests, {}", separate.about), || {
            let mut command = workspace.cargo();
            command.args(["test", "--locked", "--no-fail-fast"]).args(separate.select);
            runner::run(&mut command)
        });
    }
    tally += vendor::PYTHON.test(workspace, steps);
    tally
}
