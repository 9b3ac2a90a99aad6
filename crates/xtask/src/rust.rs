//! Rust: the workspace itself, and the packages whose tests need a run of their own.

use crate::language::Language;
use crate::libtest::{self, Tally};
use crate::process;
use crate::steps::Steps;
use crate::vendor;
use crate::workspace::Workspace;

/// Rust's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language { name: "rust", setup, build, test };

/// Tests that a plain `cargo test` of the default members does not run.
struct Separate {
    about: &'static str,
    /// Which, in cargo's words.
    select: &'static [&'static str],
    /// Whether they drive the vendor's SDK, which needs the Python of `vendor.rs`.
    vendor_python: bool,
}

const SEPARATE: &[Separate] = &[
    Separate {
        about: "the core with all of its features",
        select: &["-p", "devcred", "--all-features", "--lib"],
        vendor_python: false,
    },
    // In one run with the others, the features that it turns on would be on for them too.
    Separate {
        about: "with features of reqwest that a user's other crates turn on",
        select: &["-p", "devcred-feature-unification"],
        vendor_python: false,
    },
    Separate { about: "the corpora of the fuzz targets", select: &["-p", "devcred-fuzz"], vendor_python: false },
    Separate { about: "the vendor's SDK", select: &["-p", "devcred-vendor-tests"], vendor_python: true },
];

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("rust: Python for the vendor's SDK", || vendor::install(workspace));
}

fn build(workspace: &Workspace, steps: &mut Steps, release: bool) {
    steps.run("rust: build", || {
        let mut command = workspace.cargo();
        command.args(["build", "--locked"]);
        if release {
            command.arg("--release");
        }
        process::run(&mut command)
    });
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    let mut tally = steps.test("rust: tests", || {
        // Without a list of targets: it would leave out the examples in the documentation.
        libtest::run(workspace.cargo().args(["test", "--locked", "--no-fail-fast"]))
    });
    for separate in SEPARATE {
        tally += steps.test(&format!("rust: tests, {}", separate.about), || {
            let mut command = workspace.cargo();
            command.args(["test", "--locked", "--no-fail-fast"]).args(separate.select);
            if separate.vendor_python {
                command.env(vendor::PYTHON_VARIABLE, vendor::python(workspace)?);
            }
            libtest::run(&mut command)
        });
    }
    tally
}
