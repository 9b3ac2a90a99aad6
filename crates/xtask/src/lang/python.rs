//! Python: the wheel as its users install it, and its tests, which use the installed wheel.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{Venv, installed, zig};
use crate::lang::{BuildOptions, Language, emulator};
use crate::run::{Step, TestResults, files, process, runner};
use crate::workspace::Workspace;

/// Python's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "python",
    setup: &[
        Step::new("what builds the wheel", |workspace| zig::BUILD_TOOLS.install(workspace)),
        Step::new("what tests it", |workspace| TOOLS.install(workspace)),
    ],
    build,
    install: Some(install),
    tests: &[
        Step::test("tests", test),
        Step::new("format", |workspace| check(workspace, &format!("ruff format --no-cache --check {SOURCES}"))),
        Step::new("lints", |workspace| check(workspace, &format!("ruff check --no-cache {SOURCES}"))),
        Step::new("types, by mypy", |workspace| {
            check(workspace, &format!("mypy --cache-dir target/python/mypy --config-file {CONFIG} {TYPED}"))
        }),
        Step::new("types, by pyright", |workspace| {
            check(workspace, &format!("basedpyright --pythonpath target/python/tools/bin/python --project {CONFIG}"))
        }),
        Step::new("the stubs are what is installed", |workspace| check(workspace, "stubtest devcred")),
    ],
    suite_checks: &[],
    bench_args,
    soak: Some(|workspace| {
        let python = install_for_bench(workspace)?;
        Ok(format!("{} {}/bindings/python/bench/soak.py", python.display(), workspace.root.display()))
    }),
};

const TOOLS: Venv =
    Venv { name: "python/tools", purpose: "testing Python", requirements: "bindings/python/requirements-test.txt" };

const CONFIG: &str = "bindings/python/pyproject.toml";
const SOURCES: &str = "--config bindings/python/pyproject.toml bindings/python examples/python tests/vendor/python \
    tests/bench/alternatives/python";
const TYPED: &str = "bindings/python examples/python";

fn build(workspace: &Workspace, _: &BuildOptions) -> Result<Vec<Artifact>> {
    Ok(vec![
        Artifact { name: "devcred.whl", file: wheel(workspace)? },
        Artifact { name: "devcred/_native.abi3.so", file: zig::built(workspace).join("lib_native.so") },
    ])
}

fn test(workspace: &Workspace) -> Result<TestResults> {
    emulator::build(workspace)?;
    build_extension_that_panics(workspace)?;
    let reports = folder(workspace).join("reports");
    let mut pytest = tool(workspace, "pytest")?;
    pytest.arg("bindings/python").arg("--junit-xml").arg(reports.join("pytest.xml"));
    runner::run_with_junit(pytest.env("DEVCRED_TARGET", &workspace.target), &reports)
}

/// Runs a command line of the test tools.
fn check(workspace: &Workspace, line: &str) -> Result<()> {
    let (program, arguments) = line.split_once(' ').unwrap_or((line, ""));
    process::run(tool(workspace, program)?.args(arguments.split(' ')))
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

const ARCH: &str = std::env::consts::ARCH;

/// Builds the source distribution in `target/dist`, and from it the wheel, which proves that it is
/// complete.
fn wheel(workspace: &Workspace) -> Result<PathBuf> {
    let (dist, source) = (workspace.target.join("dist"), folder(workspace).join("source"));
    let mut command = zig::command(workspace, "maturin")?;
    command.args(["sdist", "--manifest-path", "bindings/python/Cargo.toml", "--out"]).arg(&dist);
    process::run(&mut command)?;

    let sdist = dist.join(format!("devcred-{VERSION}.tar.gz"));
    let wheel = format!("devcred-{VERSION}-cp39-abi3-manylinux2014_{ARCH}.manylinux_2_17_{ARCH}.whl");
    files::make_once(workspace, &source, fs::read(&sdist)?, || {
        files::unpack(&sdist, &source)?;
        let mut command = zig::command(workspace, "maturin")?;
        command.args(["build", "--release", "--zig", "--compatibility", "manylinux_2_17", "--out", "dist"]);
        process::run(command.current_dir(&source).env("CARGO_TARGET_DIR", &workspace.target))
    })?;
    files::copy(&source.join("dist").join(&wheel), &dist.join(&wheel))?;
    Ok(dist.join(wheel))
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Installs the wheel without a package index, so without any other package: in the environment of
/// the test tools, and in one with only the probe.
fn install(workspace: &Workspace) -> Result<()> {
    let (wheel, clean) = (wheel(workspace)?, clean(workspace));
    process::run(process::command("python3").args(["-m", "venv", "--clear", "--without-pip"]).arg(&clean))?;
    for python in [TOOLS.program(workspace, "python")?, clean.join("bin/python")] {
        let mut pip = tool(workspace, "python")?;
        pip.args(["-m", "pip", "--disable-pip-version-check", "--python"]).arg(python);
        process::run(pip.args(["install", "--quiet", "--no-index", "--force-reinstall"]).arg(&wheel))?;
    }
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
    let python = install_for_bench(workspace)?;
    let (python, folder) = (python.display(), workspace.root.join("bindings/python/bench"));
    let folder = folder.display();
    let mut arguments: Vec<_> =
        ["sync", "async"].map(|form| format!("--binding=Python, {form}={python} {folder}/bench.py {form}")).into();
    arguments.push(format!("--cold-start=Python={python} -c pass;{python} {folder}/cold.py"));
    Ok(arguments)
}

/// Installs the wheel, and returns the Python of its environment.
fn install_for_bench(workspace: &Workspace) -> Result<PathBuf> {
    TOOLS.install(workspace)?;
    install(workspace)?;
    Ok(clean(workspace).join("bin/python"))
}
