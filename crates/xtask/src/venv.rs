//! Python environments: each is made from a file of exact pins, below `target/`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::workspace::Workspace;
use crate::{files, process};

/// An environment that holds what its requirements name and nothing else.
pub(crate) struct Venv {
    /// Its folder below `target/`.
    pub(crate) name: &'static str,
    /// What needs it, for errors.
    pub(crate) purpose: &'static str,
    /// The file of exact pins, relative to the root of the workspace.
    pub(crate) requirements: &'static str,
}

/// Fails where `venv` cannot make an environment with pip in it, and prints which Python it is, for the stamp.
const PROBE: &str = "import ensurepip, sys, venv; print(sys.version, sys.base_prefix)";

impl Venv {
    /// Makes the environment, or anew where its requirements, the Python or the place has changed.
    pub(crate) fn install(&self, workspace: &Workspace) -> Result<()> {
        let requirements = workspace.root.join(self.requirements);
        let wanted = fs::read_to_string(&requirements)?;
        let python = process::output(process::command("python3").args(["-c", PROBE])).with_context(|| {
            format!(
                "{} needs python3 with venv; install it (Debian, Ubuntu: `apt-get install python3-venv`) and run this again",
                self.purpose
            )
        })?;
        let folder = self.folder(workspace);
        // A venv holds its own path, so it breaks where the checkout has moved.
        let stamped = format!("{}\n{python}{wanted}", folder.display());
        files::make_once(workspace, &folder, &stamped, || {
            process::run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
            let mut pip = process::command(program(&folder, "python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            // Some packages come as source; this way every version of pip builds them alike.
            pip.args(["--use-pep517", "--requirement"]).arg(&requirements);
            process::run(&mut pip)
                .with_context(|| format!("{} cannot be installed; this needs the Python package index", self.purpose))
        })
    }

    /// A program of the environment that `install` made, such as `python`.
    pub(crate) fn program(&self, workspace: &Workspace, name: &str) -> Result<PathBuf> {
        let folder = self.folder(workspace);
        files::check_made(workspace, &folder)?;
        Ok(program(&folder, name))
    }

    fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(self.name)
    }
}

fn program(folder: &Path, name: &str) -> PathBuf {
    if cfg!(windows) { folder.join("Scripts").join(format!("{name}.exe")) } else { folder.join("bin").join(name) }
}
