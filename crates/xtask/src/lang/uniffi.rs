//! The library of `bindings/uniffi`, and the code for Swift that is generated from it.

use std::path::PathBuf;

use anyhow::Result;

use crate::install::zig;
use crate::run::{files, process};
use crate::workspace::Workspace;

const PACKAGE: &str = "devcred-uniffi";

/// The shared library, whose debug build has the metadata.
const FILE: &str = "libdevcred_uniffi.so";

/// The static library, which Swift links into the program.
const STATIC_FILE: &str = "libdevcred_uniffi.a";

/// The build of the static library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The release build.
    Release,
    /// The debug build, in which a call for one device panics.
    Debug,
}

pub(crate) fn static_library(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let folder = match profile {
        Profile::Release => zig::build(workspace, PACKAGE)?,
        Profile::Debug => workspace.debug_libraries()?,
    };
    Ok(folder.join(STATIC_FILE))
}

/// Generates the code for Swift from the debug build, and returns its folder. The release build is
/// stripped of the metadata.
pub(crate) fn generate(workspace: &Workspace) -> Result<PathBuf> {
    let library = workspace.debug_libraries()?.join(FILE);
    let folder = workspace.target.join("uniffi/swift");
    // Old files would be compiled too.
    files::make_empty(&folder)?;
    let mut command = process::command(workspace.program("devcred-uniffi-bindgen")?);
    process::run(command.current_dir(&workspace.root).arg(library).arg(&folder))?;
    Ok(folder)
}
