//! The release artifacts, installed as a user installs them, with the language's probe: a folder
//! for each language below `target/installed`, which must not refer to the source tree. The shared
//! suite runs these probes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use fs_err as fs;
use walkdir::WalkDir;

use crate::run::{files, process};
use crate::workspace::Workspace;

/// The folders of the source tree that a probe must not use.
const SOURCES: [&str; 4] = ["bindings", "crates", "examples", "tests"];

/// A language's folder.
pub(crate) fn folder(workspace: &Workspace, language: &str) -> PathBuf {
    workspace.target.join("installed").join(language)
}

/// The path of the program that starts a language's probe.
pub(crate) fn probe(workspace: &Workspace, language: &str) -> PathBuf {
    folder(workspace, language).join("probe")
}

/// Writes the program that starts the probe: `command`, in the syntax of the shell, in the
/// language's folder. Fails if a file there refers to the source tree.
pub(crate) fn finish(workspace: &Workspace, language: &str, command: &str) -> Result<()> {
    let folder = folder(workspace, language);
    files::write_starter(&probe(workspace, language), Some(&folder), command)?;
    let sources = SOURCES.map(|name| workspace.root.join(name));
    refuse_text(&folder, &sources)?;
    refuse_links(&folder, &sources)
}

/// Fails if a file contains the path of a folder of the source tree.
fn refuse_text(folder: &Path, sources: &[PathBuf]) -> Result<()> {
    let mut grep = process::command("grep");
    grep.args(["--recursive", "--files-with-matches", "--fixed-strings", "--text"]);
    grep.args(sources.iter().flat_map(|source| [OsStr::new("-e"), source.as_os_str()])).arg(folder);
    let found = process::search(&mut grep)?;
    ensure!(found.is_empty(), "these files contain a path of the source tree:\n{}", found.trim_end());
    Ok(())
}

fn refuse_links(folder: &Path, sources: &[PathBuf]) -> Result<()> {
    for entry in WalkDir::new(folder) {
        let path = entry?.into_path();
        let to = fs::canonicalize(&path)?;
        ensure!(!sources.iter().any(|source| to.starts_with(source)), "{} links to the source tree", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_a_link_that_leads_to_the_sources_is_refused() {
        let root = tempfile::tempdir().expect("a folder can be made");
        let (clean, source) = (root.path().join("clean"), root.path().join("bindings"));
        let sources = [source.clone()];
        files::write(&source.join("probe.py"), "import devcred").expect("it can be written");
        files::write(&clean.join("bin/probe"), format!("{}/target/x", root.path().display()))
            .expect("it can be written");
        refuse_text(&clean, &sources).expect("it names another folder");
        refuse_links(&clean, &sources).expect("there are none");
        files::link(source.join("probe.py"), &clean.join("bin/link")).expect("it can be made");
        refuse_links(&clean, &sources).expect_err("it leads to the sources");
        files::write(&clean.join("bin/path"), format!("\0{}\0", source.display())).expect("it can be written");
        let error = refuse_text(&clean, &sources).expect_err("it names the sources");
        assert!(error.to_string().contains("bin/path"), "{error}");
    }
}
