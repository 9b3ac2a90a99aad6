//! The Swift package: the facade, the generated code and the library, in one folder from which
//! SwiftPM builds.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::lang::uniffi::{self, Profile};
use crate::run::{files, process};
use crate::workspace::Workspace;

/// The name of the package and of its folder.
const NAME: &str = "devcred";

/// Assembles the package below `target/swift` and returns its folder. Unchanged files are left
/// alone, so that SwiftPM compiles only the others.
pub(super) fn assemble(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let library = uniffi::static_library(workspace, profile)?;
    let generated = uniffi::generate(workspace)?;
    let (folder, source) = (folder(workspace, profile), workspace.root.join("bindings/swift"));
    files::copy(&source.join("Sources"), &folder.join("Sources"))?;
    for (from, to) in [
        (source.join("Package.swift"), "Package.swift"),
        (source.join("README.md"), "README.md"),
        (workspace.root.join("LICENSE"), "LICENSE"),
        (workspace.root.join("docs/reference.md"), "docs/reference.md"),
        (generated.join("DevcredNative.swift"), "Sources/DevcredNative/DevcredNative.swift"),
        (generated.join("DevcredFFI.h"), "Sources/DevcredFFI/DevcredFFI.h"),
        (generated.join("DevcredFFI.modulemap"), "Sources/DevcredFFI/module.modulemap"),
        (library, "lib/libdevcred_uniffi.a"),
    ] {
        files::copy(&from, &folder.join(to))?;
    }
    // A file that was deleted in the sources would be compiled too.
    for file in files::list_all(&folder.join("Sources/Devcred"))? {
        if !source.join(file.strip_prefix(&folder)?).exists() {
            files::delete(&file)?;
        }
    }
    Ok(folder)
}

/// Builds the archive that users unpack and depend on by its path, and returns its path.
pub(super) fn archive(workspace: &Workspace) -> Result<PathBuf> {
    let folder = assemble(workspace, Profile::Release)?;
    let parent = folder.parent().context("the folder of a package has a parent")?;
    let dist = workspace.target.join("dist");
    fs::create_dir_all(&dist)?;
    let (version, architecture) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let file = dist.join(format!("devcred-swift-{version}-linux-{architecture}.tar.gz"));
    let mut tar = process::command("tar");
    tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--create", "--gzip"]);
    process::run(tar.arg("--file").arg(&file).arg("--directory").arg(parent).arg(NAME))?;
    Ok(file)
}

/// Unpacks the archive in a folder unless it is already unpacked there, and returns the folder of
/// the package.
pub(super) fn unpack(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let (archive, package) = (archive(workspace)?, folder.join(NAME));
    files::make_once(workspace, &package, fs::read(&archive)?, || files::unpack(&archive, &package))?;
    Ok(package)
}

/// The folder in which the package is assembled.
pub(super) fn folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    let parent = match profile {
        Profile::Release => "swift",
        Profile::Debug => "swift/for-tests",
    };
    workspace.target.join(parent).join(NAME)
}
