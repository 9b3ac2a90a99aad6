//! Python: the wheel as its users install it, and its tests, which use the installed wheel.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{Venv, installed, zig};
use crate::lang::{BuildOptions, Language, emulator};
use crate::run::{Steps, Tally, files, process, runner, say};
use crate::workspace::Workspace;

/// Python's row in the table of languages.
pub(crate) const LANGUAGE: Language =
    Language { name: "python", setup, build, install, test, check_suite: None, artifacts, bench_args };

const TOOLS: Venv =
    Venv { name: "python/tools", purpose: "testing Python", requirements: "bindings/python/requirements-test.txt" };

/// The checks besides the tests: a name, a program of the test tools, and its arguments.
const CHECKS: &[(&str, &str, &[&str])] = &[
    ("format", "ruff", &["format", "--no-cache", "--check", "--config", CONFIG, SOURCES, EXAMPLES, VENDOR]),
    ("lints", "ruff", &["check", "--no-cache", "--config", CONFIG, SOURCES, EXAMPLES, VENDOR]),
    ("types, by mypy", "mypy", &["--config-file", CONFIG, "--cache-dir", "target/python/mypy", SOURCES, EXAMPLES]),
    ("types, by pyright", "basedpyright", &["--project", CONFIG, "--pythonpath", "target/python/tools/bin/python"]),
    ("the stubs are what is installed", "stubtest", &["devcred"]),
];
const CONFIG: &str = "bindings/python/pyproject.toml";
const SOURCES: &str = "bindings/python";
const EXAMPLES: &str = "examples/python";
const VENDOR: &str = "tests/vendor/python";

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("python: what builds the wheel", || zig::BUILD_TOOLS.install(workspace));
    steps.run("python: what tests it", || TOOLS.install(workspace));
}

fn build(workspace: &Workspace, steps: &mut Steps, _: &BuildOptions) {
    steps.run("python: source distribution and wheel", || artifacts(workspace)?.iter().try_for_each(Artifact::print));
}

fn install(workspace: &Workspace, steps: &mut Steps) -> Option<()> {
    steps.run("python: build and install the wheel", || install_wheel(workspace))
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    let tally = steps.test("python: tests", || {
        emulator::build(workspace)?;
        build_extension_that_panics(workspace)?;
        let mut pytest = tool(workspace, "pytest")?;
        let reports = folder(workspace).join("reports");
        pytest.arg("bindings/python").arg("--junit-xml").arg(reports.join("pytest.xml"));
        runner::run_with_junit(pytest.env("DEVCRED_TARGET", &workspace.target), &reports)
    });
    for (about, program, arguments) in CHECKS {
        steps.run(&format!("python: {about}"), || process::run(tool(workspace, program)?.args(*arguments)));
    }
    tally
}

/// A program of the test tools, which runs in the workspace's root.
fn tool(workspace: &Workspace, name: &str) -> Result<Command> {
    let mut command = process::command(TOOLS.program(workspace, name)?);
    // Without it Python writes `__pycache__` next to the sources.
    command.current_dir(&workspace.root).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("python")
}

/// The environment with only the wheel.
fn clean(workspace: &Workspace) -> PathBuf {
    installed::folder(workspace, "python").join("venv")
}

fn artifacts(workspace: &Workspace) -> Result<Vec<Artifact>> {
    Ok(vec![
        Artifact { name: "devcred.whl", file: wheel(workspace)? },
        Artifact { name: "devcred/_native.abi3.so", file: zig::built(workspace).join("lib_native.so") },
    ])
}

const ARCH: &str = std::env::consts::ARCH;

/// Builds the source distribution in `target/dist`, and from it the wheel, which proves that it is
/// complete.
fn wheel(workspace: &Workspace) -> Result<PathBuf> {
    let dist = workspace.target.join("dist");
    let mut command = zig::command(workspace, "maturin")?;
    command.args(["sdist", "--manifest-path", "bindings/python/Cargo.toml", "--out"]).arg(&dist);
    process::run(&mut command)?;

    let sdist = dist.join(format!("devcred-{VERSION}.tar.gz"));
    let wheel = dist.join(format!("devcred-{VERSION}-cp39-abi3-manylinux2014_{ARCH}.manylinux_2_17_{ARCH}.whl"));
    let of_wheel = folder(workspace).join("built-from.tar.gz");
    if wheel.exists() && fs::read(&of_wheel).ok() == Some(fs::read(&sdist)?) {
        say!("up to date: {}", workspace.relative(&wheel));
        return Ok(wheel);
    }
    let source = folder(workspace).join("source");
    files::unpack(&sdist, &source)?;
    let mut command = zig::command(workspace, "maturin")?;
    command.current_dir(&source).args(["build", "--release", "--zig", "--compatibility", "manylinux_2_17", "--out"]);
    process::run(command.arg(&dist).env("CARGO_TARGET_DIR", &workspace.target))?;
    files::copy(&sdist, &of_wheel)?;
    Ok(wheel)
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Installs the wheel without a package index, so without any other package: in the environment of
/// the test tools, and in one with only the probe.
fn install_wheel(workspace: &Workspace) -> Result<()> {
    let wheel = wheel(workspace)?;
    let clean = clean(workspace);
    process::run(process::command("python3").args(["-m", "venv", "--clear", "--without-pip"]).arg(&clean))?;
    let pip = || -> Result<Command> {
        let mut pip = tool(workspace, "python")?;
        pip.args(["-m", "pip", "--disable-pip-version-check"]);
        Ok(pip)
    };
    let install = ["install", "--quiet", "--no-index", "--force-reinstall"];
    process::run(pip()?.arg("--python").arg(&clean).args(install).arg(&wheel))?;
    process::run(pip()?.args(install).arg(&wheel))?;
    let probe = installed::folder(workspace, "python").join("probe.py");
    files::copy(&workspace.root.join("bindings/python/probe.py"), &probe)?;
    // -I: Python ignores the current folder and its environment variables.
    installed::finish(workspace, "python", "venv/bin/python -I probe.py")
}

/// Assembles the package with a debug build, in which a call for one device panics.
fn build_extension_that_panics(workspace: &Workspace) -> Result<()> {
    let library = workspace.debug_libraries()?.join("lib_native.so");
    let package = folder(workspace).join("panic/devcred");
    files::copy(&workspace.root.join("bindings/python/python/devcred"), &package)?;
    files::copy(&library, &package.join("_native.abi3.so"))
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    TOOLS.install(workspace)?;
    install_wheel(workspace)?;
    let python = clean(workspace).join("bin/python");
    let (python, folder) = (python.display(), workspace.root.join("bindings/python/bench"));
    let folder = folder.display();
    let mut arguments: Vec<_> =
        ["sync", "async"].map(|form| format!("--binding=Python, {form}={python} {folder}/bench.py {form}")).into();
    arguments.push(format!("--cold-start=Python={python} -c pass;{python} {folder}/cold.py"));
    Ok(arguments)
}

/// Installs the wheel, and returns the command that starts Python's program of `cargo xtask soak`.
pub(crate) fn soak(workspace: &Workspace) -> Result<String> {
    TOOLS.install(workspace)?;
    install_wheel(workspace)?;
    let (python, program) = (clean(workspace).join("bin/python"), workspace.root.join("bindings/python/bench/soak.py"));
    Ok(format!("{} {}", python.display(), program.display()))
}
