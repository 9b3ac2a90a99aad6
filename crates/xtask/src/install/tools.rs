//! Programs that cargo installs below `target/tools`, each at one version, so that nothing changes
//! on the machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::run::process;
use crate::workspace::Workspace;

/// A program that `cargo install` builds.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The subcommand before `--version`.
    subcommand: Option<&'static str>,
}

/// Finds other crates' types in a public API.
pub(crate) const CARGO_CHECK_EXTERNAL_TYPES: Tool =
    Tool { name: "cargo-check-external-types", version: "0.5.0", subcommand: None };

/// Finds the dependencies that `deny.toml` refuses.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", subcommand: None };

/// Builds the fuzz targets with the compiler's coverage and sanitizer.
pub(crate) const CARGO_FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2", subcommand: None };

/// Changes the core in one place at a time, to see a test fail.
pub(crate) const CARGO_MUTANTS: Tool = Tool { name: "cargo-mutants", version: "27.1.0", subcommand: Some("mutants") };

/// Installs the tool unless this version is already installed, and returns the program.
pub(crate) fn install(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    let own = folder(workspace).join("bin").join(tool.name);
    // A program on PATH saves the build, if it has the same version.
    for program in [own.as_path(), Path::new(tool.name)] {
        if tool.is_at(program) {
            return Ok(program.to_owned());
        }
    }
    let build = folder(workspace).join(format!("build-{}", tool.name));
    let mut command = workspace.cargo();
    command.args(["install", "--locked", "--root"]).arg(folder(workspace)).arg("--target-dir").arg(&build);
    command.arg(format!("{}@{}", tool.name, tool.version));
    // It runs for seconds, so a quick build matters more than quick code.
    for (setting, value) in [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "16"), ("DEBUG", "false")] {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    process::run(&mut command).with_context(|| format!("cannot install {} {}", tool.name, tool.version))?;
    // Kept until here, so that an interrupted build continues.
    fs::remove_dir_all(&build)?;
    Ok(own)
}

impl Tool {
    /// Whether the program runs and prints this version: `name 1.2.3`, with or without more words.
    fn is_at(&self, program: &Path) -> bool {
        let mut command = process::command(program);
        command.args(self.subcommand).arg("--version");
        process::output(&mut command).is_ok_and(|text| says_version(&text, self.version))
    }
}

/// The folder of the tools.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

fn says_version(text: &str, version: &str) -> bool {
    text.split_whitespace().nth(1) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_version_counts() {
        assert!(says_version("cargo-deny 0.20.2\n", "0.20.2"));
        assert!(says_version("rustc 1.85.0 (4d91de4e4 2025-02-17)", "1.85.0"));
        for other in ["cargo-deny 0.20.20", "cargo-deny 0.20", "cargo-deny", "", "error: no 0.20.2"] {
            assert!(!says_version(other, "0.20.2"), "{other}");
        }
    }

    #[test]
    fn a_program_that_is_missing_has_no_version() {
        assert!(!CARGO_DENY.is_at(Path::new("devcred-no-such-program")));
    }
}
