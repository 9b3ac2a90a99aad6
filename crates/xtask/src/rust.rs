//! Rust: the workspace itself, and the packages whose tests need a run of their own.

use crate::language::{BuildOptions, Language};
use crate::process;
use crate::runner::{self, Tally};
use crate::steps::Steps;
use crate::venv::Venv;
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

/// Where the vendor's SDK runs: the emulator must satisfy the SDK that the service satisfies.
const VENDOR_SDK: Venv =
    Venv { name: "vendor-python", purpose: "the vendor's SDK", requirements: "tests/vendor/requirements.txt" };

/// The variable that tells the tests of the vendor's SDK which Python to start.
const VENDOR_PYTHON_VARIABLE: &str = "DEVCRED_VENDOR_PYTHON";

/// Tests that a plain `cargo test` of the default members does not run.
struct Separate {
    about: &'static str,
    /// Which, in cargo's words.
    select: &'static [&'static str],
    /// Whether they drive the vendor's SDK, which needs a Python of its own.
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
    Separate { about: "the example", select: &["-p", "devcred-example"], vendor_python: false },
    Separate { about: "the corpora of the fuzz targets", select: &["-p", "devcred-fuzz"], vendor_python: false },
    Separate { about: "the vendor's SDK", select: &["-p", "devcred-vendor-tests"], vendor_python: true },
];

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("rust: Python for the vendor's SDK", || VENDOR_SDK.install(workspace));
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
            if separate.vendor_python {
                command.env(VENDOR_PYTHON_VARIABLE, VENDOR_SDK.program(workspace, "python")?);
            }
            runner::run(&mut command)
        });
    }
    tally
}
