//! Swift: the package that people depend on, and its tests, which depend on it as people do.

mod api;
mod package;
mod root;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use self::root::SwiftRoot;
use crate::check::Artifact;
use crate::install::installed;
use crate::lang::emulator::{self, Emulator};
use crate::lang::uniffi::Profile;
use crate::lang::{BuildOptions, Language};
use crate::run::{Steps, Tally, TestResults, files, process, runner, say};
use crate::workspace::Workspace;

/// Swift's row in the table of languages.
pub(crate) const LANGUAGE: Language =
    Language { name: "swift", setup, build, install, test, check_suite: None, artifacts, bench_args };

/// The package of the tests, the probe and the benchmark.
const TESTS: &str = "bindings/swift/tests";

/// A run of `swift test`, against an emulator.
struct Run {
    about: &'static str,
    package: &'static str,
    /// The programs of the package that are linked with the library.
    linked: &'static [&'static str],
    profile: Profile,
    options: &'static [&'static str],
    /// Whether an earlier run has counted the same tests. Then only failures count.
    counted: bool,
}

const RUNS: &[Run] = &[
    Run {
        about: "tests",
        package: TESTS,
        linked: &["devcred-testsPackageTests.xctest"],
        profile: Profile::ForTests,
        options: &[],
        counted: false,
    },
    Run {
        about: "tests, with the thread sanitizer",
        package: TESTS,
        linked: &["devcred-testsPackageTests.xctest"],
        profile: Profile::ForTests,
        options: &["--sanitize=thread"],
        counted: true,
    },
    Run {
        about: "examples",
        package: "examples/swift",
        linked: &["devcred-examplesPackageTests.xctest", "get"],
        profile: Profile::Shipped,
        options: &[],
        counted: false,
    },
];

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("swift: toolchain", || SwiftRoot::install(workspace));
}

fn build(workspace: &Workspace, steps: &mut Steps, _: &BuildOptions) {
    steps.run("swift: build", || {
        let archive = package::archive(workspace)?;
        say!("built {}", workspace.relative(&archive.file));
        archive.print()
    });
}

fn install(workspace: &Workspace, steps: &mut Steps) -> Option<()> {
    steps.run("swift: install the archive, and build the probe", || {
        build_programs(workspace)?;
        let clean = installed::folder(workspace, "swift");
        files::copy(&programs(workspace).join("probe"), &clean.join("program"))?;
        let words = SwiftRoot::find(workspace)?.loader()?.into_iter().chain(["./program".to_owned()]);
        let quoted: Vec<_> = words.map(|word| format!("'{word}'")).collect();
        installed::finish(workspace, "swift", &quoted.join(" "))
    })
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    steps.run("swift: public API", || {
        let modules = programs(workspace).join("Modules");
        api::check(workspace, &SwiftRoot::find(workspace)?, &package::folder(workspace, Profile::Shipped), &modules)
    });
    let mut tally = Tally::default();
    for run in RUNS {
        let name = format!("swift: {}", run.about);
        if run.counted && steps.leaves_out(&name) {
            continue;
        }
        let tested = steps.test(&name, || run_tests(workspace, run));
        tally.failed += tested.failed;
        tally.passed += if run.counted { 0 } else { tested.passed };
    }
    steps.run("swift: the example of an app, with its own server", || {
        let mut app = SwiftRoot::find(workspace)?.loader()?;
        app.push(scratch(workspace, "examples/debug/login").display().to_string());
        emulator::log_in(workspace, &app)
    });
    tally
}

fn artifacts(workspace: &Workspace) -> Result<Vec<Artifact>> {
    Ok(vec![package::archive(workspace)?])
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    build_programs(workspace)?;
    let loader = SwiftRoot::find(workspace)?.loader()?.join(" ");
    let start = |name: &str| format!("{loader} {}", programs(workspace).join(name).display());
    Ok(vec![
        format!("--binding=Swift={}", start("bench")),
        format!("--cold-start=Swift={};{}", start("bare"), start("cold")),
    ])
}

/// Builds the probe and the benchmarks like a user's release build, in a folder with the unpacked
/// archive.
fn build_programs(workspace: &Workspace) -> Result<()> {
    let root = SwiftRoot::find(workspace)?;
    let clean = installed::folder(workspace, "swift");
    let package = package::unpack(workspace, &clean)?;
    files::copy_changed(&workspace.root.join(TESTS), &clean.join("tests"))?;
    let folder = programs(workspace);
    // SwiftPM does not notice a change of the library that they are linked with.
    for program in ["probe", "bench", "cold"] {
        files::delete(&folder.join(program))?;
    }
    let mut command = swiftpm(workspace, &root, "build", &clean.join("tests"), "programs");
    process::run(command.env("DEVCRED_SWIFT_PACKAGE", package).args(["--configuration", "release"]))
}

/// The folder of these programs.
fn programs(workspace: &Workspace) -> PathBuf {
    scratch(workspace, "programs").join("release")
}

/// Runs the tests of a package.
fn run_tests(workspace: &Workspace, run: &Run) -> Result<TestResults> {
    let root = SwiftRoot::find(workspace)?;
    let package = package::assemble(workspace, run.profile)?;
    let emulator = Emulator::start(workspace)?;
    // With a common folder, each run would undo the work of the others.
    let name = run.about.replace(", ", "-").replace(' ', "-");
    for linked in run.linked {
        files::delete(&scratch(workspace, &name).join("debug").join(linked))?;
    }
    let mut command = swiftpm(workspace, &root, "test", &workspace.root.join(run.package), &name);
    emulator.configure(&mut command);
    // A test causes a panic, whose backtrace helps no one.
    command.env("DEVCRED_SWIFT_PACKAGE", package).env("RUST_BACKTRACE", "0").args(run.options);
    let reports = workspace.target.join("swift/reports").join(&name);
    command.arg("--xunit-output").arg(reports.join("report.xml"));
    runner::run_with_junit(&mut command, &reports)
}

/// A command of SwiftPM for a package. It builds below `target/swift`, not in the source tree.
fn swiftpm(workspace: &Workspace, root: &SwiftRoot, subcommand: &str, package: &Path, name: &str) -> Command {
    let mut command = root.swift(workspace);
    command.args([subcommand, "--package-path"]).arg(package);
    command.arg("--scratch-path").arg(scratch(workspace, name)).args(["-Xswiftc", "-warnings-as-errors"]);
    command
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
        assert_eq!(blocks.len(), 7);
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
