//! The Swift toolchain, in a small Debian below `target/`: a network may block Swift's server, and
//! the Debian of this machine may be older. The programs that it builds run outside of it too, with
//! the folder's libraries.

use std::process::Command;

use anyhow::{Context, Result};

use crate::install::debian::DebianRoot;
use crate::run::files;
use crate::workspace::Workspace;

/// `swiftlang` only recommends the next two, but `import Foundation` needs them.
pub(super) const ROOT: DebianRoot =
    DebianRoot { packages: &["swiftlang", "libc6-dev", "libstdc++-14-dev", "ca-certificates"] };

/// A command of `swift`. The workspace has the same path in the root.
pub(super) fn swift(workspace: &Workspace) -> Result<Command> {
    let mut command = ROOT.command(workspace, "swift")?;
    // For its caches.
    command.env("HOME", workspace.target.join("swift"));
    Ok(command)
}

/// The words before a program that starts it outside of the root: the root's loader, with its
/// libraries.
pub(super) fn loader(workspace: &Workspace) -> Result<Vec<String>> {
    ROOT.check(workspace)?;
    let root = DebianRoot::folder(workspace);
    let libraries = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    let mut files = files::list(&libraries)?.into_iter();
    let is_loader = |name: &str| name.starts_with("ld-linux");
    let loader = files.find(|file| file.file_name().is_some_and(|name| is_loader(&name.to_string_lossy())));
    let loader = loader.context("the root folder of Debian has no loader")?.display().to_string();
    let path = format!("{}:{}", libraries.display(), root.join("usr/libexec/swift/lib/swift/linux").display());
    Ok(vec![loader, "--library-path".to_owned(), path])
}
