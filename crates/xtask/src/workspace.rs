//! What cargo knows about this workspace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// All members but the one that is about other features, and the core with all of its features: they only add to it.
const TOGETHER: &[&str] = &["--exclude", "devcred-feature-unification", "--features", "devcred/serde"];

/// The workspace, as `cargo metadata` describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// `target/`, or where `CARGO_TARGET_DIR` puts it. Everything that is installed lies below it.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// The members.
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    /// The oldest Rust that it promises to build with.
    pub(crate) rust_version: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// A line of a `[dependencies]` table.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None`, `dev` or `build`.
    pub(crate) kind: Option<String>,
}

/// A library, program, test or build script of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) crate_types: Vec<String>,
    pub(crate) src_path: PathBuf,
}

impl Workspace {
    /// Asks cargo. Works from any folder of the checkout.
    pub(crate) fn load() -> Result<Self> {
        let mut command = process::command(cargo_program());
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let text = process::output(&mut command).context("the workspace cannot be read")?;
        serde_json::from_str(&text).context("the answer of `cargo metadata` cannot be read")
    }

    /// A cargo command that runs in the workspace's root, with the pinned toolchain.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = process::command(cargo_program());
        command.current_dir(&self.root);
        command
    }

    /// A cargo command for the members together, in their debug builds. cargo unites the features of all that a command selects: if
    /// each command selected what it is for, most dependencies would be compiled again for each. So every command selects the same,
    /// and names the targets that it is for, such as `--bin devcred`.
    pub(crate) fn cargo_together(&self, subcommand: &str) -> Command {
        let mut command = self.cargo();
        command.args([subcommand, "--locked", "--workspace"]).args(TOGETHER);
        command
    }

    /// A program among the members, built.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        process::run(self.cargo_together("build").args(["--bin", name]))?;
        Ok(self.debug().join(name))
    }

    /// The folder of the debug builds of every library, built. Each can be made to panic: see `living.rs` in devcred-bridge.
    pub(crate) fn debug_libraries(&self) -> Result<PathBuf> {
        process::run(self.cargo_together("build").arg("--lib"))?;
        Ok(self.debug())
    }

    fn debug(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// The names of a member's tests, each a program.
    pub(crate) fn tests_of(&self, package: &str) -> Vec<&str> {
        let targets = self.packages.iter().filter(|member| member.name == package).flat_map(|member| &member.targets);
        targets.filter(|target| target.kind == ["test"]).map(|target| target.name.as_str()).collect()
    }

    /// A path below the root as documents write it: relative, with `/`.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

/// The cargo that runs `xtask`, so that a toolchain given on the command line (`cargo +name xtask`) is kept.
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_can_be_read() {
        let workspace = Workspace::load().expect("cargo metadata works");
        let package = workspace.packages.iter().find(|package| package.name == "xtask").expect("xtask is a member");
        assert_eq!(workspace.relative(&package.manifest_path), "crates/xtask/Cargo.toml");
    }
}
