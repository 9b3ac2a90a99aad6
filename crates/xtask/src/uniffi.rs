//! What Kotlin and Swift share: the library of `bindings/uniffi`, and what is generated of it.

use std::path::PathBuf;

use anyhow::Result;

use crate::ledger::Shipped;
use crate::workspace::Workspace;
use crate::{files, process, zig};

const PACKAGE: &str = "devcred-uniffi";
/// The library's file.
pub(crate) const FILE: &str = "libdevcred_uniffi.so";

/// The library as it is shipped.
pub(crate) fn library(workspace: &Workspace) -> Result<Shipped> {
    Ok(Shipped { name: FILE, file: zig::build(workspace, PACKAGE, &[])?.join(FILE) })
}

/// The same, built for tests: it can be made to panic.
pub(crate) fn library_for_tests(workspace: &Workspace) -> Result<PathBuf> {
    process::run(workspace.cargo().args(["build", "--locked", "-p", PACKAGE, "--features", "test-panic"]))?;
    Ok(workspace.target.join("debug").join(FILE))
}

/// Of what the static library is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// It is shipped.
    Shipped,
    /// It can be made to panic.
    ForTests,
}

/// The static library, which Swift links into the program.
pub(crate) fn static_library(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let (options, folder): (&[&str], _) = match profile {
        Profile::Shipped => (&["--release"], "release"),
        Profile::ForTests => (&["--features", "test-panic"], "debug"),
    };
    let mut command = workspace.cargo();
    command.args(["rustc", "--locked", "-p", PACKAGE, "--crate-type", "staticlib"]).args(options);
    process::run(&mut command)?;
    Ok(workspace.target.join(folder).join("libdevcred_uniffi.a"))
}

/// Generates the code of a language, and gives its folder. It is made of the library for tests: the one that is shipped has been
/// stripped of what describes it.
pub(crate) fn generate(workspace: &Workspace, language: &str) -> Result<PathBuf> {
    let library = library_for_tests(workspace)?;
    let folder = workspace.target.join("uniffi").join(language);
    // Files of an earlier version would be compiled too.
    files::make_empty(&folder)?;
    let mut command = workspace.cargo();
    command.args(["run", "--locked", "--quiet", "-p", "devcred-uniffi-bindgen", "--"]);
    process::run(command.arg(library).arg(language).arg(&folder))?;
    Ok(folder)
}
