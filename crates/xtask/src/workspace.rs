//! The workspace, and commands of cargo in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{MetadataCommand, Package};

use crate::run::process;

/// All members except the one with other features, and the core with all of its features.
const TOGETHER: &[&str] = &["--exclude", "devcred-feature-unification", "--features", "devcred/serde"];

/// The workspace, as `cargo metadata` describes it.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// `target/`, or the value of `CARGO_TARGET_DIR`. Everything that xtask installs is below it.
    pub(crate) target: PathBuf,
    /// The members.
    pub(crate) packages: Vec<Package>,
}

impl Workspace {
    /// Runs `cargo metadata`, in any folder of the checkout.
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cannot read the workspace")?;
        let (root, target) = (metadata.workspace_root.into(), metadata.target_directory.into());
        Ok(Self { root, target, packages: metadata.packages })
    }

    /// A cargo command that runs in the workspace's root, with the pinned toolchain.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = process::command(cargo_program());
        command.current_dir(&self.root);
        command
    }

    /// A cargo command for the debug builds of all members. cargo unifies the features of the
    /// packages that a command selects, so commands with different packages would compile most
    /// dependencies again. Each command selects the same packages, and names its targets, such as
    /// `--bin devcred`.
    pub(crate) fn cargo_together(&self, subcommand: &str) -> Command {
        let mut command = self.cargo();
        command.args([subcommand, "--locked", "--workspace"]).args(TOGETHER);
        command
    }

    /// Builds a program of the workspace and returns its path.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        process::run(self.cargo_together("build").args(["--bin", name]))?;
        Ok(self.debug().join(name))
    }

    /// Builds the debug builds of all libraries and returns their folder. In them a call for one
    /// device panics, which the tests use.
    pub(crate) fn debug_libraries(&self) -> Result<PathBuf> {
        process::run(self.cargo_together("build").arg("--lib"))?;
        Ok(self.debug())
    }

    fn debug(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// The names of a member's test programs.
    pub(crate) fn tests_of(&self, package: &str) -> Vec<&str> {
        let targets =
            self.packages.iter().filter(|member| member.name.as_ref() == package).flat_map(|member| &member.targets);
        targets.filter(|target| target.is_test()).map(|target| target.name.as_str()).collect()
    }

    /// A path relative to the root.
    pub(crate) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The folder with cargo's downloads and settings.
    pub(crate) fn cargo_home(&self) -> Result<PathBuf> {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("cargo has no home")
    }
}

/// The cargo that runs `xtask`, so that `cargo +name xtask` uses its toolchain for everything.
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_can_be_read() {
        let workspace = Workspace::load().expect("cargo metadata works");
        let package =
            workspace.packages.iter().find(|package| package.name.as_ref() == "xtask").expect("xtask is a member");
        assert_eq!(workspace.relative(package.manifest_path.as_ref()), "crates/xtask/Cargo.toml");
    }
}
