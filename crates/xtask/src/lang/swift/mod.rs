//! Swift: the package that people depend on, and its tests, which depend on it as people do.

mod api;
mod package;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use self::toolchain::{loader, swift};
use crate::check::Artifact;
use crate::install::installed;
use crate::lang::emulator;
use crate::lang::uniffi::Profile;
use crate::lang::{BuildOptions, Language};
use crate::run::{Step, TestResults, files, process, runner};
use crate::workspace::Workspace;

/// Swift's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "swift",
    setup: &[Step::new("toolchain", |workspace| toolchain::ROOT.install(workspace))],
    build,
    install: Some(install),
    tests: &[
        Step::new("public API", |workspace| {
            let package = package::folder(workspace, Profile::Release);
            api::check(workspace, &package, &programs(workspace).join("Modules"))
        }),
        Step::test("tests", |workspace| run_tests(workspace, &TESTS_RUN)),
        Step::repeat("tests, with the thread sanitizer", |workspace| {
            run_tests(workspace, &Run { name: "sanitized", options: &["--sanitize=thread"], ..TESTS_RUN })
        }),
        Step::test("examples", |workspace| run_tests(workspace, &EXAMPLES_RUN)),
        Step::new("the example of an app, with its own server", |workspace| {
            let mut app = loader(workspace)?;
            app.push(scratch(workspace, "examples/debug/login").display().to_string());
            emulator::log_in(workspace, &app)
        }),
    ],
    suite_checks: &[],
    bench_args,
    soak: None,
};

/// The package of the tests, the probe and the benchmark.
const TESTS: &str = "bindings/swift/tests";

/// A run of `swift test`, against an emulator.
struct Run {
    /// The folder of its build. With a common folder, each run would undo the work of the others.
    name: &'static str,
    package: &'static str,
    /// The programs of the package that are linked with the library.
    linked: &'static [&'static str],
    profile: Profile,
    options: &'static [&'static str],
}

const TESTS_RUN: Run = Run {
    name: "tests",
    package: TESTS,
    linked: &["devcred-testsPackageTests.xctest"],
    profile: Profile::Debug,
    options: &[],
};

const EXAMPLES_RUN: Run = Run {
    name: "examples",
    package: "examples/swift",
    linked: &["devcred-examplesPackageTests.xctest", "get"],
    profile: Profile::Release,
    options: &[],
};

fn build(workspace: &Workspace, _: &BuildOptions) -> Result<Vec<Artifact>> {
    Ok(vec![Artifact { name: "devcred-swift.tar.gz", file: package::archive(workspace)? }])
}

fn install(workspace: &Workspace) -> Result<()> {
    build_programs(workspace)?;
    let clean = installed::folder(workspace, "swift");
    files::copy(&programs(workspace).join("probe"), &clean.join("program"))?;
    let mut words = loader(workspace)?;
    words.push("./program".to_owned());
    let quoted: Vec<_> = words.into_iter().map(|word| format!("'{word}'")).collect();
    installed::finish(workspace, "swift", &quoted.join(" "))
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    build_programs(workspace)?;
    let (loader, programs) = (loader(workspace)?.join(" "), programs(workspace));
    let start = |name: &str| format!("{loader} {}/{name}", programs.display());
    Ok(vec![
        format!("--binding=Swift={}", start("bench")),
        format!("--cold-start=Swift={};{}", start("bare"), start("cold")),
    ])
}

/// Builds the probe and the benchmarks like a user's release build, in a folder with the unpacked
/// archive.
fn build_programs(workspace: &Workspace) -> Result<()> {
    let clean = installed::folder(workspace, "swift");
    let package = package::unpack(workspace, &clean)?;
    files::copy(&workspace.root.join(TESTS), &clean.join("tests"))?;
    delete_linked(&programs(workspace), &["probe", "bench", "cold"])?;
    let mut command = swiftpm(workspace, "build", &clean.join("tests"), "programs")?;
    process::run(command.env("DEVCRED_SWIFT_PACKAGE", package).args(["--configuration", "release"]))
}

/// SwiftPM does not notice a change of the library that programs are linked with.
fn delete_linked(folder: &Path, programs: &[&str]) -> Result<()> {
    programs.iter().try_for_each(|program| files::delete(&folder.join(program)))
}

/// The folder of these programs.
fn programs(workspace: &Workspace) -> PathBuf {
    scratch(workspace, "programs").join("release")
}

fn run_tests(workspace: &Workspace, run: &Run) -> Result<TestResults> {
    let package = package::assemble(workspace, run.profile)?;
    delete_linked(&scratch(workspace, run.name).join("debug"), run.linked)?;
    let mut command = swiftpm(workspace, "test", &workspace.root.join(run.package), run.name)?;
    // A test causes a panic, whose backtrace helps no one.
    command.env("DEVCRED_SWIFT_PACKAGE", package).env("RUST_BACKTRACE", "0").args(run.options);
    let reports = workspace.target.join("swift/reports").join(run.name);
    command.arg("--xunit-output").arg(reports.join("report.xml"));
    runner::run_with_junit(&mut emulator::with_emulator(workspace, &command)?, &reports)
}

/// A command of SwiftPM for a package. It builds below `target/swift`, not in the source tree.
fn swiftpm(workspace: &Workspace, subcommand: &str, package: &Path, name: &str) -> Result<Command> {
    let mut command = swift(workspace)?;
    command.args([subcommand, "--package-path"]).arg(package);
    command.arg("--scratch-path").arg(scratch(workspace, name)).args(["-Xswiftc", "-warnings-as-errors"]);
    Ok(command)
}

fn scratch(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.target.join("swift/build").join(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The Swift that documents and comments show, each block without its indentation.
    fn shown(text: &str) -> Vec<String> {
        let uncommented = |line: &str| line.trim().trim_start_matches("///").to_owned() + "\n";
        let text: String = text.lines().map(uncommented).collect();
        text.split("```swift\n").skip(1).filter_map(|block| block.split("```").next()).map(trimmed).collect()
    }

    fn trimmed(text: &str) -> String {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_documents_show_is_compiled_and_run() {
        let root = Workspace::load().expect("cargo metadata works").root;
        let read = |path: &str| fs::read_to_string(root.join(path)).expect("it can be read");
        let run: String = [
            "bindings/swift/tests/DevcredTests/DocumentationTests.swift",
            "examples/swift/Sources/get/main.swift",
            "examples/swift/Sources/login/main.swift",
        ]
        .iter()
        .map(|path| trimmed(&read(path)) + "\n")
        .collect();
        let sources = fs::read_dir(root.join("bindings/swift/Sources/Devcred")).expect("there are sources");
        let sources = sources.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
        let blocks: Vec<_> = sources
            .chain([read("bindings/swift/README.md")])
            .flat_map(|text| shown(&text))
            // Part of a manifest.
            .filter(|block| !block.starts_with("dependencies:"))
            .collect();
        assert_eq!(blocks.len(), 9);
        for block in blocks {
            assert!(run.contains(&block), "nothing runs this:\n{block}");
        }
    }

    #[test]
    fn the_readme_names_this_version() {
        let root = Workspace::load().expect("cargo metadata works").root;
        let readme = fs::read_to_string(root.join("bindings/swift/README.md")).expect("it can be read");
        assert!(readme.contains(&format!("devcred-swift-{}-linux", env!("CARGO_PKG_VERSION"))));
    }
}
