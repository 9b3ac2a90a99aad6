//! Builds the packages that promise an old Rust with that Rust: gateways' cross toolchains have
//! nothing newer.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Package;

use crate::install::debian::DebianRoot;
use crate::install::tools;
use crate::run::{process, say};
use crate::workspace::Workspace;

/// What the packages' `rust-version = "1.85"` promises.
const VERSION: &str = "1.85.0";

/// A Rust 1.85, if rustup's server cannot be reached. A point release only corrects errors.
const DEBIAN: DebianRoot = DebianRoot { packages: &["cargo", "rustc", "ca-certificates"] };

/// Checks every package that has a `rust-version`, with all of its features and without its tests,
/// whose dependencies may need a newer Rust.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let packages = promising(&workspace.packages)?;
    let mut command = install(workspace)?;
    let manifest = workspace.root.join("Cargo.toml");
    command.args(["check", "--locked", "--all-features", "--manifest-path"]).arg(manifest).arg("--target-dir");
    command.arg(workspace.target.join("msrv")).args(packages.into_iter().flat_map(|package| ["-p", package]));
    process::run(&mut command).with_context(|| {
        format!("a package that promises Rust {VERSION} does not build with it: avoid what is newer, or depend on an older version")
    })
}

/// The names of the packages that promise `VERSION`. Any other promise is an error, because nothing
/// checks it.
fn promising(packages: &[Package]) -> Result<Vec<&str>> {
    let mut names = Vec::new();
    for Package { name, rust_version, .. } in packages {
        match rust_version.as_ref().map(ToString::to_string) {
            None => {}
            Some(version) if version == VERSION => names.push(name.as_str()),
            Some(other) => bail!(
                "{name} promises Rust {other}, but only {VERSION} is checked: promise that, or remove `rust-version` from its Cargo.toml"
            ),
        }
    }
    ensure!(!names.is_empty(), "no package has `rust-version` in its Cargo.toml; the core must have it");
    Ok(names)
}

/// Finds Rust `VERSION` or installs it, with rustup or, if rustup's server cannot be reached, from
/// the packages of Debian. Returns its cargo.
pub(crate) fn install(workspace: &Workspace) -> Result<Command> {
    // A separate home, so that the user's list of toolchains does not change.
    let home = tools::folder(workspace).join("rustup");
    for home in [None, Some(home.as_path())] {
        if process::output(rustup(home).args(["run", VERSION, "rustc", "--version"])).is_ok() {
            return Ok(cargo(home));
        }
    }
    let mut command = rustup(Some(&home));
    command.args(["toolchain", "install", VERSION, "--profile", "minimal", "--no-self-update"]);
    if DEBIAN.check(workspace).is_err() {
        let Err(error) = process::run(&mut command) else { return Ok(cargo(Some(&home))) };
        say!("rustup cannot install Rust {VERSION}: {error:#}; trying the packages of Debian");
    }
    let hint = || format!("run `rustup toolchain install {VERSION}` first");
    DEBIAN.install(workspace).with_context(hint)?;
    // By their paths: by name, rustup would start the pinned ones.
    let version = process::output(DEBIAN.command(workspace, "/usr/bin/rustc")?.arg("--version"))?;
    ensure!(version.starts_with("rustc 1.85."), "the Rust of Debian is {}: {}", version.trim_end(), hint());
    let mut cargo = DEBIAN.command(workspace, "/usr/bin/cargo")?;
    cargo.env_remove("RUSTUP_TOOLCHAIN").env("RUSTC", "/usr/bin/rustc");
    Ok(cargo)
}

fn cargo(home: Option<&Path>) -> Command {
    let mut command = rustup(home);
    command.args(["run", VERSION, "cargo"]);
    command
}

fn rustup(home: Option<&Path>) -> Command {
    let mut command = process::command("rustup");
    // RUSTUP_TOOLCHAIN names the pinned toolchain. Without RUSTUP_AUTO_INSTALL, asking for a
    // toolchain installs it.
    command.env_remove("RUSTUP_TOOLCHAIN").env("RUSTUP_AUTO_INSTALL", "0");
    command.envs(home.map(|home| ("RUSTUP_HOME", home)));
    command
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, rust_version: Option<&str>) -> Package {
        let package = json!({
            "name": name, "version": "0.1.0", "id": name, "rust_version": rust_version, "features": {},
            "manifest_path": "Cargo.toml", "dependencies": [], "targets": []
        });
        serde_json::from_value(package).expect("it is a package")
    }

    #[test]
    fn finds_the_packages_that_promise() {
        let packages = [package("a", Some("1.85")), package("b", None), package("c", Some("1.85.0"))];
        assert_eq!(promising(&packages).expect("both can be checked"), ["a", "c"]);
    }

    #[test]
    fn a_promise_that_is_not_checked_is_refused() {
        let error =
            promising(&[package("a", Some("1.85")), package("b", Some("1.90"))]).expect_err("1.90 is not checked");
        assert!(error.to_string().contains("b promises Rust 1.90.0"), "{error}");
    }

    #[test]
    fn a_workspace_without_any_promise_is_refused() {
        assert!(promising(&[package("a", None)]).is_err());
    }
}
