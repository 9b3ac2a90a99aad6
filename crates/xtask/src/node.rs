//! Node.js: the packages as npm installs them, and their tests, which use what is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::language::{BuildOptions, Language};
use crate::ledger::Shipped;
use crate::runner::{self, Tally};
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::zig::{self, BUILD_TOOLS};
use crate::{emulator, files, process, suite, vendor};

/// The row of Node.js in the table of languages.
pub(crate) const LANGUAGE: Language = Language { name: "node", setup, build, test, shipped, contenders };

/// The oldest that the packages promise to run with.
const OLDEST: u32 = 20;

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("node: build tools", || BUILD_TOOLS.install(workspace));
    steps.run("node: Node.js, TypeScript, linter", || {
        check_version()?;
        install_locked(workspace, "bindings/node/tools", &below(workspace, "tools"))
    });
    vendor::NODE.setup(workspace, steps);
}

fn build(workspace: &Workspace, steps: &mut Steps, _: &BuildOptions) {
    steps.run("node: build", || {
        let addon = pack(workspace)?;
        println!("the packages lie in {}", workspace.relative(&packages(workspace)));
        addon.print()
    });
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    build(workspace, steps, &BuildOptions::default());
    if steps.run("node: project", || install_packages(workspace)).is_none() {
        return Tally { passed: 0, failed: 1 };
    }
    let mut tally = suite::column(workspace, steps, "node");
    tally += steps.test("node: tests", || runner::run(&mut tests(workspace)?));
    if steps.run("node: lint", || lint(workspace)).is_none() {
        tally.failed += 1;
    }
    tally += vendor::NODE.test(workspace, steps);
    tally
}

fn shipped(workspace: &Workspace) -> Result<Vec<Shipped>> {
    Ok(vec![build_addon(workspace)?])
}

/// Programs that are not built, but must find the package that is installed: so they lie beside it.
fn contenders(workspace: &Workspace) -> Result<Vec<String>> {
    install_project(workspace)?;
    let node = below(workspace, "node");
    let bench = below(workspace, "project/bench");
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
    Ok(format!("{} {}", below(workspace, "node").display(), below(workspace, "project/bench/soak.cjs").display()))
}

/// The example of an app's own server, with the package as npm installs it.
pub(crate) fn app_server(workspace: &Workspace) -> Result<Command> {
    check_version()?;
    install_project(workspace)?;
    let mut command = process::command(below(workspace, "node"));
    command.arg(below(workspace, "project/examples/app-server.mjs"));
    Ok(command)
}

fn below(workspace: &Workspace, path: &str) -> PathBuf {
    workspace.target.join("node").join(path)
}

/// Where the packages for npm are.
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

/// Installs what the lock file of a folder names. npm puts it beside that file, so the folder is copied below `target/`.
pub(crate) fn install_locked(workspace: &Workspace, from: &str, to: &Path) -> Result<()> {
    let from = workspace.root.join(from);
    let lock = from.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    files::make_once(workspace, to, &wanted, || {
        files::copy(&from, to)?;
        process::run(npm(to).arg("ci")).context("this needs npm's registry")
    })
}

fn build_addon(workspace: &Workspace) -> Result<Shipped> {
    let file = zig::build(workspace, "devcred-node", &[])?.join("libdevcred_node.so");
    Ok(Shipped { name: "devcred.node", file })
}

/// Makes the packages, and gives the addon that is in one of them.
fn pack(workspace: &Workspace) -> Result<Shipped> {
    let addon = build_addon(workspace)?;
    let mut command = process::command("node");
    command.arg(workspace.root.join("bindings/node/pack.mjs")).arg(&addon.file);
    command.arg(below(workspace, "staged")).arg(packages(workspace));
    process::run(quietly(&mut command))?;
    Ok(addon)
}

/// Makes the packages, and the project with them.
fn install_project(workspace: &Workspace) -> Result<()> {
    pack(workspace)?;
    install_packages(workspace)
}

/// A project of a user's, into which npm has installed the packages. Nothing is fetched: they are all that it needs.
fn install_packages(workspace: &Workspace) -> Result<()> {
    let project = below(workspace, "project");
    files::make_empty(&project)?;
    process::run(npm(&project).args(["install", "--offline"]).args(tarballs(workspace)?))?;
    let sources = workspace.root.join("bindings/node");
    for name in ["probe.cjs", "test", "bench"] {
        files::copy(&sources.join(name), &project.join(name))?;
    }
    files::copy(&workspace.root.join("examples/node"), &project.join("examples"))?;
    link_node(workspace)
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

/// A probe's environment is empty, so nothing is found on a PATH there.
fn link_node(workspace: &Workspace) -> Result<()> {
    files::link(program()?, &below(workspace, "node"))
}

/// The Node.js on the path.
pub(crate) fn program() -> Result<PathBuf> {
    let node = process::output(process::command("node").args(["-p", "process.execPath"]))?;
    Ok(PathBuf::from(node.trim()))
}

/// The tests of what only Node.js can get wrong, with an emulator and with an addon whose calls can be told to panic.
fn tests(workspace: &Workspace) -> Result<Command> {
    let emulator = emulator::build(workspace)?;
    process::run(workspace.cargo().args(["build", "--locked", "-p", "devcred-node", "--features", "test-panic"]))?;
    let files = files::list(&below(workspace, "project/test"))?;
    let files = files.into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs"));
    let mut command = process::command("node");
    command.current_dir(below(workspace, "project"));
    // What takes minutes hangs.
    command.args(["--test", "--test-reporter=spec", "--test-timeout=300000"]).args(files);
    for (variable, path) in [
        ("DEVCRED_ROOT", workspace.root.clone()),
        ("DEVCRED_COMMAND", emulator),
        ("DEVCRED_PACKAGES", packages(workspace)),
        ("DEVCRED_TOOLS", below(workspace, "tools/node_modules")),
        ("DEVCRED_ADDON_THAT_PANICS", workspace.target.join("debug/libdevcred_node.so")),
    ] {
        command.env(variable, path);
    }
    Ok(command)
}

fn lint(workspace: &Workspace) -> Result<()> {
    let mut command = process::command(below(workspace, "tools/node_modules/.bin/biome"));
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
    // Nothing of what is installed needs a script.
    quietly(&mut command).current_dir(folder).args(["--ignore-scripts", "--no-audit", "--no-fund"]);
    command
}

/// npm would ask the network whether there is a newer npm.
fn quietly(command: &mut Command) -> &mut Command {
    command.env("npm_config_update_notifier", "false")
}
