//! Files and folders below `target/`. Every error names its file.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use walkdir::{DirEntry, WalkDir};

use crate::run::{process, say};
use crate::workspace::Workspace;

/// Copies a file, or a folder with its contents. Leaves unchanged files alone, so that nothing that
/// depends on them is built again.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in list_all(from)? {
        let to = if file == from { to.to_owned() } else { to.join(file.strip_prefix(from)?) };
        if fs::read(&to).ok() != Some(fs::read(&file)?) {
            make_place(&to)?;
            fs::copy(&file, &to)?;
        }
    }
    Ok(())
}

/// Writes a file unless it has these contents: a script may be running.
pub(crate) fn write(to: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(to).is_ok_and(|old| old == contents.as_ref()) {
        return Ok(());
    }
    make_place(to)?;
    Ok(fs::write(to, contents)?)
}

/// Writes a script that replaces itself with `command`, in the syntax of the shell, and passes its
/// arguments on. It runs in `folder`, if there is one, and needs no environment.
pub(crate) fn write_starter(to: &Path, folder: Option<&Path>, command: &str) -> Result<()> {
    let enter = folder.map_or_else(String::new, |folder| format!("cd '{}' || exit\n", folder.display()));
    let script = format!("#!/bin/sh\n{enter}exec {command} \"$@\"\n");
    write(to, script)?;
    Ok(fs::set_permissions(to, Permissions::from_mode(0o755))?)
}

pub(crate) fn link(to: impl AsRef<Path>, link: &Path) -> Result<()> {
    make_place(link)?;
    Ok(symlink(to, link)?)
}

/// Unpacks an archive with one folder, whose contents go into this folder. `--touch` sets the current
/// time: in the archive all files have the same time, so a build would not notice a changed file.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    make_empty(folder)?;
    let mut tar = process::command("tar");
    tar.args(["--extract", "--touch", "--gzip", "--strip-components=1", "--file"]).arg(archive);
    process::run(tar.arg("--directory").arg(folder))
}

/// Deletes a file, if it exists.
pub(crate) fn delete(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Does the work that fills a folder, unless it was done before for the same `inputs`.
pub(crate) fn make_once(
    workspace: &Workspace,
    folder: &Path,
    inputs: impl AsRef<[u8]>,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    // Steps in parallel may need the same folder.
    static MAKING: Mutex<BTreeMap<PathBuf, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner).entry(folder.to_owned()).or_default().clone();
    let _alone = making.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = folder.join(STAMP);
    if fs::read(&stamp).is_ok_and(|found| found == inputs.as_ref()) {
        say!("up to date: {}", workspace.relative(folder));
        return Ok(());
    }
    delete(&stamp)?;
    work()?;
    write(&stamp, inputs)
}

/// Fails if `make_once` has not filled the folder.
pub(crate) fn check_made(workspace: &Workspace, folder: &Path) -> Result<()> {
    if !folder.join(STAMP).exists() {
        bail!(
            "{} is missing: the step that makes it failed (see above), or you need to run `cargo xtask setup`",
            workspace.relative(folder)
        );
    }
    Ok(())
}

/// The file with the inputs for which a folder was filled.
const STAMP: &str = "devcred-stamp";

/// Creates a folder, or deletes its contents.
pub(crate) fn make_empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Every file below a folder, or the file itself.
pub(crate) fn list_all(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = WalkDir::new(path).follow_links(true).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path).collect())
}

/// The entries of a folder, sorted.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Creates the folder of a file and deletes the file of an earlier build, which a running program
/// may have open.
fn make_place(file: &Path) -> Result<()> {
    fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
    delete(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_copied() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = |name: &str| folder.path().join(name);
        write(&path("a/b/c"), "1").expect("it can be written");
        copy(&path("a"), &path("d")).expect("a folder can be copied");
        copy(&path("a/b/c"), &path("e/f")).expect("a file can be copied");
        for file in ["d/b/c", "e/f"] {
            assert_eq!(fs::read_to_string(path(file)).expect("it is there"), "1");
        }
        write(&path("a/b/c"), "2").expect("it can be written");
        copy(&path("a/b/c"), &path("e/f")).expect("a copy can be replaced");
        assert_eq!(fs::read_to_string(path("e/f")).expect("it is there"), "2");
        let modified = || fs::metadata(path("e/f")).and_then(|file| file.modified()).expect("the system knows it");
        fs::set_permissions(path("e/f"), Permissions::from_mode(0o400)).expect("they can be set");
        let before = modified();
        copy(&path("a/b/c"), &path("e/f")).expect("it is the same");
        write(&path("e/f"), "2").expect("it is the same");
        assert_eq!(modified(), before, "an unchanged file is left alone");
    }

    #[test]
    fn a_starter_runs_in_its_folder_and_passes_its_arguments_on() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let starter = folder.path().join("starter");
        write_starter(&starter, Some(folder.path()), "printf %s").expect("it can be written");
        let text =
            crate::run::process::output(crate::run::process::command(&starter).arg("x y")).expect("it can be run");
        assert_eq!(text, "x y");
    }
}
