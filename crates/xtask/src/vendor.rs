//! The Python environment in which the vendor's SDK runs: the emulator must satisfy the SDK that the service satisfies.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The variable that tells the tests of the vendor's SDK which Python to start.
pub(crate) const PYTHON_VARIABLE: &str = "DEVCRED_VENDOR_PYTHON";

const REQUIREMENTS: &str = "tests/vendor/requirements.txt";

/// Fails where `venv` cannot make an environment with pip in it, and prints which Python it is, for the stamp.
const PROBE: &str = "import ensurepip, sys, venv; print(sys.version, sys.base_prefix)";

/// Makes the environment from `requirements.txt`, or anew where that file, the Python or the place has changed.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let requirements = workspace.root.join(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let python = process::output(process::command("python3").args(["-c", PROBE])).context(
        "the vendor's SDK needs python3 with venv; install it (Debian, Ubuntu: `apt-get install python3-venv`) and run this again",
    )?;
    let folder = folder(workspace);
    let stamp = folder.join("devcred-stamp");
    // A venv holds its own path, so it breaks where the checkout has moved.
    let stamped = format!("{}\n{python}{wanted}", folder.display());
    if fs::read_to_string(&stamp).is_ok_and(|found| found == stamped) {
        println!("up to date: {}", workspace.relative(&folder));
        return Ok(());
    }
    process::run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = process::command(interpreter(&folder));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // Some packages come as source; this way every version of pip builds them alike.
    pip.args(["--use-pep517", "--requirement"]).arg(&requirements);
    process::run(&mut pip).context("the vendor's SDK cannot be installed; this needs the Python package index")?;
    fs::write(&stamp, stamped).with_context(|| format!("cannot write {}", stamp.display()))
}

/// The interpreter that `install` made.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let folder = folder(workspace);
    if !folder.join("devcred-stamp").exists() {
        bail!("its Python is missing: the step that makes it failed, see above, or run `cargo xtask setup`");
    }
    Ok(interpreter(&folder))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("vendor-python")
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}
