//! Node.js: the packages as npm installs them, and their tests, which use the installed packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{installed, zig};
use crate::lang::{BuildOptions, Language, emulator, vendor};
use crate::run::{Step, TestResults, files, process, runner};
use crate::workspace::Workspace;

/// The row of Node.js in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "node",
    setup: &[
        Step::new("build tools", |workspace| zig::BUILD_TOOLS.install(workspace)),
        Step::new("Node.js, bundler, TypeScript, linter", |workspace| {
            check_version()?;
            install_tools(workspace)
        }),
        vendor::NODE_SETUP,
    ],
    build,
    install: Some(install),
    tests: &[Step::test("tests", test), Step::new("lint", lint), vendor::NODE_TEST],
    suite_checks: &[],
    bench_args,
    soak: Some(|workspace| bench_program(workspace, "soak")),
};

/// The oldest version that the packages support.
const OLDEST: u32 = 20;

fn install_tools(workspace: &Workspace) -> Result<()> {
    install_locked(workspace, "bindings/node/tools", &node_path(workspace, "tools"))
}

fn build(workspace: &Workspace, _: &BuildOptions) -> Result<Vec<Artifact>> {
    install_tools(workspace)?;
    let file = zig::build(workspace, "devcred-node")?.join("libdevcred_node.so");
    let mut command = process::command("node");
    command.arg(workspace.root.join("bindings/node/pack.mjs")).arg(&file);
    command.arg(node_path(workspace, "staged")).arg(packages(workspace)).arg(tool(workspace, "esbuild"));
    process::run(quietly(&mut command))?;
    Ok(vec![Artifact { name: "devcred.node", file }])
}

/// Installs the packages in a project with the programs that use them. It does so once, although
/// steps in parallel ask for it.
fn install(workspace: &Workspace) -> Result<()> {
    static IS_INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut is_installed = IS_INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_installed {
        return Ok(());
    }
    check_version()?;
    build(workspace, &BuildOptions::default())?;
    let project = project(workspace);
    files::make_empty(&project)?;
    install_packages(workspace, &project)?;
    for (from, to) in [
        ("bindings/node/probe.cjs", "probe.cjs"),
        ("bindings/node/test", "test"),
        ("bindings/node/bench", "bench"),
        ("examples/node", "examples"),
    ] {
        files::copy(&workspace.root.join(from), &project.join(to))?;
    }
    installed::finish(workspace, "node", &format!("'{}' probe.cjs", program()?.display()))?;
    *is_installed = true;
    Ok(())
}

/// Installs the packages as npm does for a user: ours, and the one with this machine's addon.
/// Nothing is downloaded, because they have no dependencies.
fn install_packages(workspace: &Workspace, project: &Path) -> Result<()> {
    let version = format!("-{}.tgz", env!("CARGO_PKG_VERSION"));
    let mut install = npm(project);
    install.args(["install", "--offline"]);
    for file in files::list(&packages(workspace))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("devcred-") && name.ends_with(&version) {
            files::copy(&file, &project.join(&*name))?;
            install.arg(format!("./{name}"));
        }
    }
    process::run(&mut install)
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    let [bench, cold] = ["bench", "cold"].map(|name| bench_program(workspace, name));
    let node = program()?;
    Ok(vec![format!("--binding=Node={}", bench?), format!("--cold-start=Node={} -e 0;{}", node.display(), cold?)])
}

/// Returns the command that starts a program of `bench`. It must be in the folder of the installed
/// package to find it.
fn bench_program(workspace: &Workspace, name: &str) -> Result<String> {
    install(workspace)?;
    Ok(format!("{} {}/bench/{name}.cjs", program()?.display(), project(workspace).display()))
}

/// The command that starts the example of an app's own server, with the package as npm installs it.
pub(crate) fn app_server(workspace: &Workspace) -> Result<Command> {
    install(workspace)?;
    let mut command = process::command(program()?);
    command.arg(project(workspace).join("examples/app-server.mjs"));
    Ok(command)
}

/// The folder in which the packages are installed.
fn project(workspace: &Workspace) -> PathBuf {
    installed::folder(workspace, "node")
}

fn node_path(workspace: &Workspace, path: &str) -> PathBuf {
    workspace.target.join("node").join(path)
}

/// A program of `bindings/node/tools`.
fn tool(workspace: &Workspace, name: &str) -> PathBuf {
    node_path(workspace, "tools/node_modules/.bin").join(name)
}

/// The folder of the packages for npm.
fn packages(workspace: &Workspace) -> PathBuf {
    workspace.target.join("dist")
}

fn check_version() -> Result<()> {
    let hint = || format!("install Node.js {OLDEST} or later with npm, then run this again");
    let version = process::output(process::command("node").arg("--version")).with_context(hint)?;
    let major = version.trim().strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    ensure!(major.is_some_and(|major| major >= OLDEST), "Node.js is {}: {}", version.trim(), hint());
    process::output(process::command("npm").arg("--version")).with_context(hint).map(drop)
}

/// Installs the packages of a lock file. npm installs them in the folder of that file, so the
/// folder is copied below `target/`.
pub(crate) fn install_locked(workspace: &Workspace, from: &str, to: &Path) -> Result<()> {
    let from = workspace.root.join(from);
    files::make_once(workspace, to, &fs::read_to_string(from.join("package-lock.json"))?, || {
        files::copy(&from, to)?;
        process::run(npm(to).arg("ci")).context("this needs npm's registry")
    })
}

/// The Node.js on the path.
pub(crate) fn program() -> Result<PathBuf> {
    let node = process::output(process::command("node").args(["-p", "process.execPath"]))?;
    Ok(PathBuf::from(node.trim()))
}

/// The tests for Node.js alone, with an emulator, and with a debug build of the addon, in which a
/// call for one device panics.
fn test(workspace: &Workspace) -> Result<TestResults> {
    let (emulator, debug) = (emulator::build(workspace)?, workspace.debug_libraries()?);
    let (project, reports) = (project(workspace), node_path(workspace, "reports"));
    let mut command = process::command("node");
    // A test that takes minutes hangs.
    command.current_dir(&project).args(["--test", "--test-timeout=300000"]);
    command.args(["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=junit"]);
    command.arg(format!("--test-reporter-destination={}/node.xml", reports.display()));
    let files = files::list(&project.join("test"))?;
    command.args(files.iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs")));
    command.env("DEVCRED_ROOT", &workspace.root).env("DEVCRED_COMMAND", emulator);
    command.env("DEVCRED_PACKAGES", packages(workspace));
    command.env("DEVCRED_TOOLS", node_path(workspace, "tools/node_modules"));
    command.env("DEVCRED_ADDON_THAT_PANICS", debug.join("libdevcred_node.so"));
    runner::run_with_junit(&mut command, &reports)
}

fn lint(workspace: &Workspace) -> Result<()> {
    let mut biome = process::command(tool(workspace, "biome"));
    biome.current_dir(workspace.root.join("bindings/node")).args(["ci", "--colors=off", "."]);
    process::run(biome.args(["../../examples/node", "../../tests/vendor/node", "../../tests/bench/alternatives/node"]))
}

fn npm(folder: &Path) -> Command {
    let mut command = process::command("npm");
    // No package needs an install script.
    quietly(&mut command).current_dir(folder).args(["--ignore-scripts", "--no-audit", "--no-fund"]);
    command
}

/// Without it npm asks the network for a newer npm.
fn quietly(command: &mut Command) -> &mut Command {
    command.env("npm_config_update_notifier", "false")
}
