//! Rust: the workspace, and the packages whose tests need a separate run.

use anyhow::Result;

use crate::check::Artifact;
use crate::lang::{BuildOptions, Language, vendor};
use crate::run::{Step, process, runner};
use crate::soak;
use crate::workspace::Workspace;

/// Rust's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "rust",
    setup: &[vendor::PYTHON_SETUP],
    build,
    install: None,
    tests: &[
        // A list of targets would leave out the examples in the documentation.
        Step::test("tests", |workspace| runner::run(workspace.cargo_together("test").arg("--no-fail-fast"))),
        Step::test("tests, the corpora of the fuzz targets", |workspace| {
            runner::run(workspace.cargo_together("test").args(["--no-fail-fast", "--test", "replay"]))
        })
        .slow(),
        // In one run with the others, cargo would turn its features on for them too.
        Step::test("tests, with features of reqwest that a user's other crates turn on", |workspace| {
            let package = ["-p", "devcred-feature-unification"];
            runner::run(workspace.cargo().args(["test", "--locked", "--no-fail-fast"]).args(package))
        })
        .slow(),
        vendor::PYTHON_TEST,
    ],
    suite_checks: &[],
    // The benchmark program is Rust's.
    bench_args: |_| Ok(Vec::new()),
    soak: Some(|workspace| {
        soak::build(workspace)?;
        Ok(workspace.target.join("release/devcred-soak-rust").display().to_string())
    }),
};

fn build(workspace: &Workspace, options: &BuildOptions) -> Result<Vec<Artifact>> {
    process::run(workspace.cargo().args(["build", "--locked"]).args(options.release.then_some("--release")))?;
    Ok(Vec::new())
}
