//! Builds the packages that promise an old Rust with that Rust: gateways' cross toolchains have nothing newer.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::Package;

use crate::output::say;
use crate::workspace::Workspace;
use crate::{debian, process, tools};

/// What the packages' `rust-version = "1.85"` promises.
pub(crate) const VERSION: &str = "1.85.0";

/// An unpacked Rust. Its programs are called by their paths: by name, rustup would start the pinned one.
pub(crate) struct Toolchain {
    /// The folder with `cargo`, `rustc` and `rustdoc`.
    pub(crate) programs: PathBuf,
    /// For `LD_LIBRARY_PATH`, where its libraries are not found without.
    pub(crate) libraries: Option<OsString>,
}

impl Toolchain {
    /// A cargo of this toolchain.
    fn cargo(&self) -> Command {
        let mut command = process::command(self.programs.join("cargo"));
        command.env("RUSTC", self.programs.join("rustc")).env("RUSTDOC", self.programs.join("rustdoc"));
        command.env_remove("RUSTUP_TOOLCHAIN");
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Fails unless it is the wanted version and runs.
    pub(crate) fn verify(self) -> Result<Self> {
        for program in ["rustc", "cargo"] {
            let mut command = process::command(self.programs.join(program));
            if let Some(libraries) = &self.libraries {
                command.env("LD_LIBRARY_PATH", libraries);
            }
            let text = process::output(command.arg("--version"))?;
            if !tools::says_version(&text, VERSION) {
                bail!("{} says it is {}", self.programs.join(program).display(), text.trim());
            }
        }
        Ok(self)
    }
}

/// Checks every package that promises a `rust-version`, with all of its features and without its tests: what they
/// depend on may need a newer Rust.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let packages = promising(&workspace.packages)?;
    let toolchain = install(workspace)?;
    let mut command = toolchain.cargo();
    command.current_dir(&workspace.root).args(["check", "--locked", "--all-features", "--target-dir"]);
    command.arg(workspace.target.join("msrv"));
    for package in &packages {
        command.args(["-p", package]);
    }
    process::run(&mut command).with_context(|| {
        format!("a package that promises Rust {VERSION} does not build with it: do without what is newer, or depend on an older version")
    })
}

/// The names of the packages that promise `VERSION`. Another promise cannot be checked, so it is an error.
fn promising(packages: &[Package]) -> Result<Vec<&str>> {
    let mut names = Vec::new();
    for package in packages {
        match &package.rust_version {
            None => {}
            Some(version) if version.to_string() == VERSION => names.push(package.name.as_str()),
            Some(other) => bail!(
                "{} promises Rust {other}, and only {VERSION} is checked: promise that, or leave `rust-version` out of its Cargo.toml",
                package.name
            ),
        }
    }
    if names.is_empty() {
        bail!("no package has `rust-version` in its Cargo.toml; the core must");
    }
    Ok(names)
}

/// Finds Rust `VERSION`, or installs it: by rustup where its server can be reached, else from Debian's packages.
pub(crate) fn install(workspace: &Workspace) -> Result<Toolchain> {
    // A home of its own, so that the list of toolchains of the person who runs this stays as it was.
    let home = tools::folder(workspace).join("rustup");
    let installed = from_rustup(None).or_else(|_| from_rustup(Some(&home))).or_else(|_| debian::unpacked(workspace));
    if let Ok(toolchain) = installed {
        return Ok(toolchain);
    }
    let mut command = rustup(Some(&home));
    command.args(["toolchain", "install", VERSION, "--profile", "minimal", "--no-self-update"]);
    let by_rustup = match process::run(&mut command).and_then(|()| from_rustup(Some(&home))) {
        Ok(toolchain) => return Ok(toolchain),
        Err(error) => error,
    };
    say!("rustup cannot install it: {by_rustup:#}; trying the packages of Debian");
    debian::install(workspace).map_err(|by_debian| {
        anyhow!(
            "Rust {VERSION} cannot be installed: run `rustup toolchain install {VERSION} --profile minimal` where its \
             server can be reached. By rustup: {by_rustup:#}. From Debian's packages: {by_debian:#}"
        )
    })
}

fn rustup(home: Option<&PathBuf>) -> Command {
    let mut command = process::command("rustup");
    // It would name the pinned toolchain, which that home lacks.
    command.env_remove("RUSTUP_TOOLCHAIN");
    // Else the question where it is would install it, into the home of the person who runs this.
    command.env("RUSTUP_AUTO_INSTALL", "0");
    // Its errors say enough without.
    command.env_remove("RUST_BACKTRACE");
    if let Some(home) = home {
        command.env("RUSTUP_HOME", home);
    }
    command
}

fn from_rustup(home: Option<&PathBuf>) -> Result<Toolchain> {
    let cargo = process::output(rustup(home).args(["which", "--toolchain", VERSION, "cargo"]))?;
    let programs = PathBuf::from(cargo.trim()).parent().context("cargo lies in no folder")?.to_owned();
    Toolchain { programs, libraries: None }.verify()
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
