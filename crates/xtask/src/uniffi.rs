//! What Kotlin and Swift share: the library of `bindings/uniffi`, and what is generated of it.

use std::path::PathBuf;

use anyhow::Result;

use crate::ledger::Shipped;
use crate::workspace::Workspace;
use crate::{files, process, zig};

const PACKAGE: &str = "devcred-uniffi";
/// The library's file.
pub(crate) const FILE: &str = "libdevcred_uniffi.so";

/// The static library, which Swift links into the program.
const STATIC_FILE: &str = "libdevcred_uniffi.a";

/// The library as it is shipped.
pub(crate) fn library(workspace: &Workspace) -> Result<Shipped> {
    Ok(Shipped { name: FILE, file: zig::build(workspace, PACKAGE)?.join(FILE) })
}

/// Of what the static library is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// It is shipped.
    Shipped,
    /// It can be made to panic.
    ForTests,
}

pub(crate) fn static_library(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let folder = match profile {
        Profile::Shipped => zig::build(workspace, PACKAGE)?,
        Profile::ForTests => workspace.debug_libraries()?,
    };
    Ok(folder.join(STATIC_FILE))
}

/// Generates the code of a language, and gives its folder. It is made of the debug build: the one that is shipped has been
/// stripped of what describes it.
pub(crate) fn generate(workspace: &Workspace, language: &str) -> Result<PathBuf> {
    let library = workspace.debug_libraries()?.join(FILE);
    let folder = workspace.target.join("uniffi").join(language);
    // Files of an earlier version would be compiled too.
    files::make_empty(&folder)?;
    let mut command = process::command(workspace.program("devcred-uniffi-bindgen")?);
    process::run(command.current_dir(&workspace.root).arg(library).arg(language).arg(&folder))?;
    Ok(folder)
}
