//! Files and folders that are made below `target/`. Every error names its file.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::output::say;
use crate::workspace::Workspace;

/// Copies a file, or a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        return list(from)?.iter().try_for_each(|path| copy(path, &to.join(path.file_name().unwrap_or_default())));
    }
    make_place(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// The same, but a file that has not changed is left alone, so that nothing which depends on it is built again.
pub(crate) fn copy_changed(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        return list(from)?
            .iter()
            .try_for_each(|path| copy_changed(path, &to.join(path.file_name().unwrap_or_default())));
    }
    let contents = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == contents) { Ok(()) } else { write(to, contents) }
}

pub(crate) fn write(to: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    make_place(to)?;
    fs::write(to, contents).with_context(|| format!("cannot write {}", to.display()))
}

/// Writes a script that becomes another program: the shell's `command`, with the arguments that the script gets, in `folder` if there
/// is one. It needs no environment.
pub(crate) fn write_starter(to: &Path, folder: Option<&Path>, command: &str) -> Result<()> {
    let enter = folder.map_or_else(String::new, |folder| format!("cd '{}' || exit\n", folder.display()));
    let script = format!("#!/bin/sh\n{enter}exec {command} \"$@\"\n");
    if fs::read(to).is_ok_and(|there| there == script.as_bytes()) {
        // It may run.
        return Ok(());
    }
    write(to, script)?;
    fs::set_permissions(to, Permissions::from_mode(0o755)).with_context(|| format!("cannot set {}", to.display()))
}

pub(crate) fn link(to: impl AsRef<Path>, link: &Path) -> Result<()> {
    make_place(link)?;
    symlink(&to, link).with_context(|| format!("cannot link {} to {}", link.display(), to.as_ref().display()))
}

/// Deletes a file, which need not be there.
pub(crate) fn delete(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Does the work that fills a folder, unless it was done there before for the same `wanted`.
pub(crate) fn make_once(
    workspace: &Workspace,
    folder: &Path,
    wanted: &str,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    // Steps that run side by side may want the same.
    static MAKING: Mutex<BTreeMap<PathBuf, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner).entry(folder.to_owned()).or_default().clone();
    let _alone = making.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        say!("up to date: {}", workspace.relative(folder));
        return Ok(());
    }
    delete(&stamp)?;
    work()?;
    write(&stamp, wanted)
}

/// Fails where `make_once` has not filled the folder.
pub(crate) fn check_made(workspace: &Workspace, folder: &Path) -> Result<()> {
    if !folder.join(STAMP).exists() {
        bail!(
            "{} is missing: the step that makes it failed, see above, or run `cargo xtask setup`",
            workspace.relative(folder)
        );
    }
    Ok(())
}

/// What a folder was filled for.
const STAMP: &str = "devcred-stamp";

/// Makes a folder with nothing in it.
pub(crate) fn make_empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot delete {}", folder.display()))?;
    }
    make_folder(folder)
}

pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// What lies in a folder, in order.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Makes the folder of a file, and takes away the file of an earlier build: a program that runs may have it open, and keeps it.
fn make_place(file: &Path) -> Result<()> {
    make_folder(file.parent().context("a file lies in a folder")?)?;
    delete(file)
}
