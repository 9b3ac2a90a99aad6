//! Node.js: the packages as npm installs them, and their tests, which use the installed packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::check::Artifact;
use crate::install::installed;
use crate::install::zig::{self, BUILD_TOOLS};
use crate::lang::{BuildOptions, Language, emulator, vendor};
use crate::run::{Steps, Tally, files, process, runner, say};
use crate::workspace::Workspace;

/// The row of Node.js in the table of languages.
pub(crate) const LANGUAGE: Language =
    Language { name: "node", setup, build, install, test, check_suite: None, artifacts, bench_args };

/// The folder for the results of the tests.
const REPORTS: &str = "reports";

/// The oldest version that the packages support.
const OLDEST: u32 = 20;

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("node: build tools", || BUILD_TOOLS.install(workspace));
    steps.run("node: Node.js, TypeScript, linter", || {
        check_version()?;
        install_locked(workspace, "bindings/node/tools", &node_path(workspace, "tools"))
    });
    vendor::NODE.setup(workspace, steps);
}

fn build(workspace: &Workspace, steps: &mut Steps, _: &BuildOptions) {
    steps.run("node: build", || {
        let addon = pack(workspace)?;
        say!("the packages are in {}", workspace.relative(&packages(workspace)));
        addon.print()
    });
}

fn install(workspace: &Workspace, steps: &mut Steps) -> Option<()> {
    steps.run("node: install the packages", || {
        install_project(workspace)?;
        let folder = installed::folder(workspace, "node");
        files::make_empty(&folder)?;
        install_packages(workspace, &folder)?;
        files::copy(&workspace.root.join("bindings/node/probe.cjs"), &folder.join("probe.cjs"))?;
        installed::finish(workspace, "node", &format!("'{}' probe.cjs", program()?.display()))
    })
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    let mut tally =
        steps.test("node: tests", || runner::run_with_junit(&mut tests(workspace)?, &node_path(workspace, REPORTS)));
    if steps.run("node: lint", || lint(workspace)).is_none() {
        tally.failed += 1;
    }
    tally += vendor::NODE.test(workspace, steps);
    tally
}

fn artifacts(workspace: &Workspace) -> Result<Vec<Artifact>> {
    Ok(vec![build_addon(workspace)?])
}

/// The programs are not built, but must be in the folder of the installed package to find it.
fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    install_project(workspace)?;
    let node = node_path(workspace, "node");
    let bench = node_path(workspace, "project/bench");
    let (node, bench) = (node.display(), bench.display());
    Ok(vec![
        format!("--binding=Node={node} {bench}/bench.cjs"),
        format!("--cold-start=Node={node} -e 0;{node} {bench}/cold.cjs"),
    ])
}

/// Installs the packages, and returns the command that starts the program of `cargo xtask soak`.
pub(crate) fn soak(workspace: &Workspace) -> Result<String> {
    check_version()?;
    install_project(workspace)?;
    Ok(format!(
        "{} {}",
        node_path(workspace, "node").display(),
        node_path(workspace, "project/bench/soak.cjs").display()
    ))
}

/// The command that starts the example of an app's own server, with the package as npm installs it.
pub(crate) fn app_server(workspace: &Workspace) -> Result<Command> {
    check_version()?;
    install_project(workspace)?;
    let mut command = process::command(node_path(workspace, "node"));
    command.arg(node_path(workspace, "project/examples/app-server.mjs"));
    Ok(command)
}

fn node_path(workspace: &Workspace, path: &str) -> PathBuf {
    workspace.target.join("node").join(path)
}

/// The folder of the packages for npm.
fn packages(workspace: &Workspace) -> PathBuf {
    workspace.target.join("dist")
}

fn check_version() -> Result<()> {
    let hint = format!("install Node.js {OLDEST} or later with npm, then run this again");
    let version = process::output(process::command("node").arg("--version")).with_context(|| hint.clone())?;
    let major = version.trim().strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST) {
        bail!("Node.js is {}: {hint}", version.trim());
    }
    process::output(process::command("npm").arg("--version")).with_context(|| hint)?;
    Ok(())
}

/// Installs the packages of a lock file. npm installs them in the folder of that file, so the
/// folder is copied below `target/`.
pub(crate) fn install_locked(workspace: &Workspace, from: &str, to: &Path) -> Result<()> {
    let from = workspace.root.join(from);
    let lock = from.join("package-lock.json");
    let wanted = fs::read_to_string(&lock)?;
    files::make_once(workspace, to, &wanted, || {
        files::copy(&from, to)?;
        process::run(npm(to).arg("ci")).context("this needs npm's registry")
    })
}

fn build_addon(workspace: &Workspace) -> Result<Artifact> {
    let file = zig::build(workspace, "devcred-node")?.join("libdevcred_node.so");
    Ok(Artifact { name: "devcred.node", file })
}

/// Creates the packages and returns the addon in one of them.
fn pack(workspace: &Workspace) -> Result<Artifact> {
    let addon = build_addon(workspace)?;
    let mut command = process::command("node");
    command.arg(workspace.root.join("bindings/node/pack.mjs")).arg(&addon.file);
    command.arg(node_path(workspace, "staged")).arg(packages(workspace));
    process::run(quietly(&mut command))?;
    Ok(addon)
}

/// Creates the packages, and a project with the programs that use them. It does so once, although
/// steps in parallel ask for it.
fn install_project(workspace: &Workspace) -> Result<()> {
    static IS_INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut is_installed = IS_INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_installed {
        return Ok(());
    }
    pack(workspace)?.print()?;
    let project = node_path(workspace, "project");
    files::make_empty(&project)?;
    install_packages(workspace, &project)?;
    let sources = workspace.root.join("bindings/node");
    for name in ["test", "bench"] {
        files::copy(&sources.join(name), &project.join(name))?;
    }
    files::copy(&workspace.root.join("examples/node"), &project.join("examples"))?;
    files::link(program()?, &node_path(workspace, "node"))?;
    *is_installed = true;
    Ok(())
}

/// Installs the packages as npm does for a user. Nothing is downloaded, because they have no
/// dependencies.
fn install_packages(workspace: &Workspace, project: &Path) -> Result<()> {
    let tarballs = tarballs(workspace)?;
    let mut copies = Vec::new();
    for tarball in &tarballs {
        let name = tarball.file_name().context("a tarball has a name")?;
        files::copy(tarball, &project.join(name))?;
        copies.push(Path::new(".").join(name));
    }
    process::run(npm(project).args(["install", "--offline"]).args(copies))
}

/// The package, and the one with this machine's addon.
fn tarballs(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let version = format!("-{}.tgz", env!("CARGO_PKG_VERSION"));
    let is_ours = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("devcred-") && name.ends_with(&version)
    };
    Ok(files::list(&packages(workspace))?.into_iter().filter(is_ours).collect())
}

/// The Node.js on the path.
pub(crate) fn program() -> Result<PathBuf> {
    let node = process::output(process::command("node").args(["-p", "process.execPath"]))?;
    Ok(PathBuf::from(node.trim()))
}

/// The tests for Node.js alone, with an emulator, and with a debug build of the addon, in which a
/// call for one device panics.
fn tests(workspace: &Workspace) -> Result<Command> {
    let (emulator, debug) = (emulator::build(workspace)?, workspace.debug_libraries()?);
    let files = files::list(&node_path(workspace, "project/test"))?;
    let files = files.into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs"));
    let mut command = process::command("node");
    command.current_dir(node_path(workspace, "project"));
    // A test that takes minutes hangs.
    command.args(["--test", "--test-timeout=300000"]);
    command.args(["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=junit"]);
    let report = node_path(workspace, REPORTS).join("node.xml");
    command.arg(format!("--test-reporter-destination={}", report.display())).args(files);
    for (variable, path) in [
        ("DEVCRED_ROOT", workspace.root.clone()),
        ("DEVCRED_COMMAND", emulator),
        ("DEVCRED_PACKAGES", packages(workspace)),
        ("DEVCRED_TOOLS", node_path(workspace, "tools/node_modules")),
        ("DEVCRED_ADDON_THAT_PANICS", debug.join("libdevcred_node.so")),
    ] {
        command.env(variable, path);
    }
    Ok(command)
}

fn lint(workspace: &Workspace) -> Result<()> {
    let mut command = process::command(node_path(workspace, "tools/node_modules/.bin/biome"));
    command.current_dir(workspace.root.join("bindings/node")).args([
        "ci",
        "--colors=off",
        ".",
        "../../examples/node",
        "../../tests/vendor/node",
    ]);
    process::run(&mut command)
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
