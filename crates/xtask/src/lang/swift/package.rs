//! The Swift package: the facade, the generated code and the library, in one folder from which
//! SwiftPM builds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::check::Artifact;
use crate::lang::uniffi::{self, Profile};
use crate::run::{files, process};
use crate::workspace::Workspace;

/// The name of the package and of its folder.
const NAME: &str = "devcred";

/// Assembles the package below `target/swift` and returns its folder. Unchanged files are left
/// alone, so that SwiftPM compiles only the others.
pub(super) fn assemble(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let folder = folder(workspace, profile);
    let files = contents(workspace, profile)?;
    let sources = folder.join("Sources");
    let old = if sources.exists() { files::list_all(&sources)? } else { Vec::new() };
    old.iter().filter(|path| !files.contains_key(*path)).try_for_each(|stale| files::delete(stale))?;
    for (to, from) in &files {
        files::copy_changed(from, to)?;
    }
    Ok(folder)
}

/// Builds the archive that users unpack and depend on by its path.
pub(super) fn archive(workspace: &Workspace) -> Result<Artifact> {
    let folder = assemble(workspace, Profile::Shipped)?;
    let parent = folder.parent().context("the folder of a package has a parent")?;
    let dist = workspace.target.join("dist");
    fs::create_dir_all(&dist)?;
    let architecture = std::env::consts::ARCH;
    let file = dist.join(format!("devcred-swift-{}-linux-{architecture}.tar.gz", env!("CARGO_PKG_VERSION")));
    let mut tar = process::command("tar");
    tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--create", "--gzip"]);
    process::run(tar.arg("--file").arg(&file).arg("--directory").arg(parent).arg(NAME))?;
    Ok(Artifact { name: "devcred-swift.tar.gz", file })
}

/// Unpacks the archive in a folder unless it is already unpacked there, and returns the folder of
/// the package.
pub(super) fn unpack(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let archive = archive(workspace)?.file;
    let (package, unpacked) = (folder.join(NAME), folder.join("unpacked.tar.gz"));
    if fs::read(&unpacked).ok() != Some(fs::read(&archive)?) {
        files::unpack(&archive, &package)?;
        files::copy(&archive, &unpacked)?;
    }
    Ok(package)
}

/// The folder in which the package is assembled.
pub(super) fn folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    let parent = match profile {
        Profile::Shipped => "swift",
        Profile::ForTests => "swift/for-tests",
    };
    workspace.target.join(parent).join(NAME)
}

/// Each file of the package, with the file from which it is copied.
fn contents(workspace: &Workspace, profile: Profile) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let folder = folder(workspace, profile);
    let library = uniffi::static_library(workspace, profile)?;
    let generated = uniffi::generate(workspace, "swift")?;
    let source = workspace.root.join("bindings/swift");
    let mut files = BTreeMap::from([
        (folder.join("Package.swift"), source.join("Package.swift")),
        (folder.join("README.md"), source.join("README.md")),
        (folder.join("LICENSE"), workspace.root.join("LICENSE")),
        (folder.join("docs/reference.md"), workspace.root.join("docs/reference.md")),
        (folder.join("Sources/DevcredNative/DevcredNative.swift"), generated.join("DevcredNative.swift")),
        (folder.join("Sources/DevcredFFI/DevcredFFI.h"), generated.join("DevcredFFI.h")),
        (folder.join("Sources/DevcredFFI/module.modulemap"), generated.join("DevcredFFI.modulemap")),
        (folder.join("lib/libdevcred_uniffi.a"), library),
    ]);
    for file in files::list_all(&source.join("Sources"))? {
        files.insert(folder.join(file.strip_prefix(&source)?), file);
    }
    Ok(files)
}
