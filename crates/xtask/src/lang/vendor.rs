//! Runs the vendor's SDKs against the emulator (`tests/vendor`), for each language that has some. A
//! client that works with the service must work with the emulator.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::install::Venv;
use crate::lang::{kotlin, node};
use crate::run::{Step, TestResults, files, process, runner};
use crate::workspace::Workspace;

const SETUP: &str = "the vendor's SDKs";
const TESTS: &str = "tests, the vendor's SDKs";

pub(crate) const PYTHON_SETUP: Step = Step::new(SETUP, |workspace| install_python(workspace).map(drop)).slow();
pub(crate) const PYTHON_TEST: Step = Step::test(TESTS, test_python).slow();
pub(crate) const NODE_SETUP: Step = Step::new(SETUP, |workspace| install_node(workspace).map(drop)).slow();
pub(crate) const NODE_TEST: Step = Step::test(TESTS, test_node).slow();
pub(crate) const JAVA_SETUP: Step = Step::new(SETUP, |workspace| install_java(workspace).map(drop)).slow();
pub(crate) const JAVA_TEST: Step = Step::test(TESTS, test_java).slow();

const VENV: Venv =
    Venv { name: "vendor-python", purpose: "the vendor's SDK", requirements: "tests/vendor/python/requirements.txt" };

/// Installs the SDK, and returns the Python of its environment.
pub(crate) fn install_python(workspace: &Workspace) -> Result<PathBuf> {
    VENV.install(workspace)?;
    VENV.program(workspace, "python")
}

fn test_python(workspace: &Workspace) -> Result<TestResults> {
    let python = VENV.program(workspace, "python")?;
    let program = workspace.root.join("tests/vendor/python/typed.py");
    test(workspace, "python", &format!("'{}' -I '{}'", python.display(), program.display()))
}

/// Installs the SDKs, and returns the folder of their `node_modules`.
pub(crate) fn install_node(workspace: &Workspace) -> Result<PathBuf> {
    let folder = folder(workspace, "node");
    node::install_locked(workspace, "tests/vendor/node", &folder)?;
    Ok(folder)
}

fn test_node(workspace: &Workspace) -> Result<TestResults> {
    // It must be in the folder of the packages that it requires.
    let program = folder(workspace, "node").join("generic.cjs");
    files::copy(&workspace.root.join("tests/vendor/node/generic.cjs"), &program)?;
    test(workspace, "node", &format!("'{}' '{}'", node::program()?.display(), program.display()))
}

/// Installs the SDKs, and returns the folder of their `lib`.
pub(crate) fn install_java(workspace: &Workspace) -> Result<PathBuf> {
    let (project, folder) = (Path::new("tests/vendor/java"), folder(workspace, "java"));
    let read = |file| fs::read_to_string(workspace.root.join(project).join(file));
    files::make_once(workspace, &folder, &(read("pom.xml")? + &read("Generic.java")?), || {
        files::make_empty(&folder)?;
        let mut maven = kotlin::maven_in(workspace, project);
        maven.arg(format!("-Ddevcred.folder={}", folder.display())).arg("compile");
        process::run(&mut maven).context("this needs Maven Central")
    })?;
    Ok(folder)
}

fn test_java(workspace: &Workspace) -> Result<TestResults> {
    let (java, folder) = (kotlin::java()?, folder(workspace, "java"));
    let folder = folder.display();
    // The JVM starts quickly and runs only for a short time.
    let flags = "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m";
    test(workspace, "java", &format!("'{}' {flags} -cp '{folder}/classes:{folder}/lib/*' Generic", java.display()))
}

/// Runs a test program of `tests/vendor`. The command, in the syntax of the shell, starts the
/// program with the calls of the SDKs.
fn test(workspace: &Workspace, target: &str, command: &str) -> Result<TestResults> {
    let folder = folder(workspace, target);
    files::check_made(workspace, &folder)?;
    let caller = folder.join("caller");
    files::write_starter(&caller, None, command)?;
    let mut tests = workspace.cargo_together("test");
    tests.args(["--no-fail-fast", "--test", target]).env("DEVCRED_VENDOR_PROGRAM", caller);
    runner::run(&mut tests)
}

/// The folder of the SDKs that a test program uses.
fn folder(workspace: &Workspace, target: &str) -> PathBuf {
    workspace.target.join(format!("vendor-{target}"))
}
