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

/// A program of the build tools, with all of them on its `PATH`, so that it finds zig.
pub(crate) fn command(workspace: &Workspace, program: &str) -> Result<Command> {
    let program = BUILD_TOOLS.program(workspace, program)?;
    let folder = program.parent().context("a program lies in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path)))?;
    let mut command = process::command(program);
    command.current_dir(&workspace.root).env("PATH", path).env("CARGO_ENCODED_RUSTFLAGS", without_paths()?);
    Ok(command)
}

/// A panic's message says where its code lies. What is shipped does not name the folders of the machine that built it.
fn without_paths() -> Result<OsString> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("cargo has no home")?;
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(cargo.join("registry/src"));
    flag.push("=registry");
    Ok(flag)
}

/// Builds a package, as it is shipped, for this machine's kind of processor, and gives the folder of what was built.
pub(crate) fn build(workspace: &Workspace, package: &str, features: &[&str]) -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = command(workspace, "cargo-zigbuild")?;
    command.args(["zigbuild", "--locked", "--release", "-p", package]);
    command.arg("--target").arg(format!("{target}.{GLIBC}"));
    if !features.is_empty() {
        command.arg("--features").arg(features.join(","));
    }
    process::run(&mut command)?;
    Ok(workspace.target.join(target).join("release"))
}
