//! Which files there are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process;

/// Folders that tools make, for a tree that is no git checkout.
const MADE: &[&str] = &[".git", "target", "node_modules", ".build", "__pycache__"];

/// Every file that is committed or that a `git add .` would commit; outside of a git checkout, every file.
pub(super) fn list(root: &Path) -> Result<Vec<String>> {
    let mut git = process::command("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    if root.join(".git").exists()
        && let Ok(text) = process::output(&mut git)
    {
        return Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect());
    }
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_without_git_is_walked_and_what_tools_made_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for path in ["crates/a/src/lib.rs", "target/debug/a.d", "Cargo.toml", "bindings/node/node_modules/x/index.js"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder can be made");
            fs::write(path, "").expect("a file can be written");
        }
        assert_eq!(list(folder.path()).expect("it can be read"), ["Cargo.toml", "crates/a/src/lib.rs"]);
    }
}
