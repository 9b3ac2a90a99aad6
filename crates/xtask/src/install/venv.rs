//! Python environments below `target/`, each with the exact versions of a requirements file.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::run::{files, process};
use crate::workspace::Workspace;

/// An environment with the packages of a requirements file and no others.
pub(crate) struct Venv {
    /// Its folder below `target/`.
    pub(crate) name: &'static str,
    /// The purpose, for error messages.
    pub(crate) purpose: &'static str,
    /// The requirements file, relative to the root of the workspace.
    pub(crate) requirements: &'static str,
}

/// Fails if `venv` cannot create an environment with pip, and prints the version of Python for the
/// stamp.
const PROBE: &str = "import ensurepip, sys, venv; print(sys.version, sys.base_prefix)";

impl Venv {
    /// Creates the environment, again if the requirements, the Python or the folder have changed.
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
        // A venv contains its own path, so it breaks if the checkout is moved.
        let stamped = format!("{}\n{python}{wanted}", folder.display());
        files::make_once(workspace, &folder, &stamped, || {
            process::run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
            let mut pip = process::command(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            // Some packages are source only; with this option every version of pip builds them in
            // the same way.
            pip.args(["--use-pep517", "--requirement"]).arg(&requirements);
            process::run(&mut pip).with_context(|| {
                format!("cannot install the packages for {}; this needs the Python package index", self.purpose)
            })
        })
    }

    /// A program of the environment, such as `python`.
    pub(crate) fn program(&self, workspace: &Workspace, name: &str) -> Result<PathBuf> {
        let folder = self.folder(workspace);
        files::check_made(workspace, &folder)?;
        Ok(folder.join("bin").join(name))
    }

    fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(self.name)
    }
}
