//! What cargo knows about this workspace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{MetadataCommand, Package};

use crate::process;

/// All members but the one that is about other features, and the core with all of its features: they only add to it.
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
        let targets =
            self.packages.iter().filter(|member| member.name.as_ref() == package).flat_map(|member| &member.targets);
        targets.filter(|target| target.is_test()).map(|target| target.name.as_str()).collect()
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
        let package =
            workspace.packages.iter().find(|package| package.name.as_ref() == "xtask").expect("xtask is a member");
        assert_eq!(workspace.relative(package.manifest_path.as_ref()), "crates/xtask/Cargo.toml");
    }
}
