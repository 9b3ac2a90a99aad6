//! What the rules look at: the text of every committed file, and the members of the workspace.

use std::fs;

use anyhow::Result;

use super::files;
use crate::workspace::{Dependency, Workspace};

/// All of it. Paths are relative to the root and written with `/`.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) files: Vec<SourceFile>,
    pub(super) members: Vec<Member>,
}

/// A file that is text.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) text: String,
}

/// A package of the workspace.
#[derive(Default)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) folder: String,
    pub(super) dependencies: Vec<Dependency>,
    /// The root files of its library and its programs.
    pub(super) roots: Vec<String>,
    /// The `crate-type` of its library.
    pub(super) library: Vec<String>,
}

impl Member {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

impl Tree {
    pub(super) fn load(workspace: &Workspace) -> Result<Self> {
        let mut tree = Self::default();
        for path in files::list(&workspace.root)? {
            // A file that is no text, or that is deleted and not yet committed as such, has nothing to read.
            if let Ok(text) = fs::read_to_string(workspace.root.join(&path)) {
                tree.files.push(SourceFile { path, text });
            }
        }
        for package in &workspace.packages {
            let folder = package.manifest_path.parent().unwrap_or(&workspace.root);
            let mut member = Member {
                name: package.name.clone(),
                folder: workspace.relative(folder),
                dependencies: package.dependencies.clone(),
                ..Member::default()
            };
            for target in &package.targets {
                let is_library = target.kind.iter().any(|kind| kind.ends_with("lib") || kind == "proc-macro");
                if is_library {
                    member.library.clone_from(&target.crate_types);
                }
                if is_library || target.kind.iter().any(|kind| kind == "bin") {
                    member.roots.push(workspace.relative(&target.src_path));
                }
            }
            tree.members.push(member);
        }
        Ok(tree)
    }

    /// The text of a file. A file that is ignored by git is not there.
    pub(super) fn text(&self, path: &str) -> &str {
        self.files.iter().find(|file| file.path == path).map_or("", |file| &file.text)
    }
}
