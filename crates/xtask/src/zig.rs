//! Libraries that run on old systems: zig links them against an old glibc, whatever this machine has.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::venv::Venv;
use crate::workspace::Workspace;

/// The programs that build them.
pub(crate) const BUILD_TOOLS: Venv = Venv {
    name: "build-python",
    purpose: "building what is shipped",
    requirements: "crates/xtask/native-requirements.txt",
};

/// The oldest glibc that Rust itself supports.
pub(crate) const GLIBC: &str = "2.17";

/// A program of the build tools, with all of them on its `PATH`, so that it finds zig. They are installed where they are missing.
pub(crate) fn command(workspace: &Workspace, program: &str) -> Result<Command> {
    BUILD_TOOLS.install(workspace)?;
    let program = BUILD_TOOLS.program(workspace, program)?;
    let folder = program.parent().context("a program lies in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path)))?;
    let mut command = process::command(program);
    command.current_dir(&workspace.root).env("PATH", path).env("CARGO_ENCODED_RUSTFLAGS", without_paths(workspace)?);
    Ok(command)
}

/// A panic's message says where its code lies. What is shipped does not name the folders of the machine that built it.
fn without_paths(workspace: &Workspace) -> Result<OsString> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("cargo has no home")?;
    let mut flags = OsString::new();
    for (separator, folder, name) in [("", &home, "cargo"), ("\u{1f}", &workspace.root, "devcred")] {
        flags.push(separator);
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push(format!("={name}"));
    }
    Ok(flags)
}

/// Builds a package, as it is shipped, for this machine's kind of processor, and gives the folder of what was built.
pub(crate) fn build(workspace: &Workspace, package: &str, features: &[&str]) -> Result<PathBuf> {
    let mut command = command(workspace, "cargo-zigbuild")?;
    command.args(["zigbuild", "--locked", "--release", "-p", package]);
    command.arg("--target").arg(format!("{}.{GLIBC}", target()));
    if !features.is_empty() {
        command.arg("--features").arg(features.join(","));
    }
    process::run(&mut command)?;
    Ok(built(workspace))
}

/// Where what was built lies.
pub(crate) fn built(workspace: &Workspace) -> PathBuf {
    workspace.target.join(target()).join("release")
}

fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}
