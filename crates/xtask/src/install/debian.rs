//! Programs that the tests need, from the packages of Debian.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::run::{process, say};

/// Installs the missing programs, each from a package of Debian, into the system, because a compiler knows its own path. Without
/// root's rights it fails and names the packages.
pub(crate) fn ensure(programs: &[(&str, &str)]) -> Result<()> {
    // apt-get locks out a second apt-get, and steps run in parallel.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<_> = programs.iter().filter(|(name, _)| !is_on_path(name)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        say!("up to date: {}", programs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
        return Ok(());
    }
    let hint = format!(
        "install {missing}, then run this again (Debian, Ubuntu: `apt-get install {missing}`)",
        missing = missing.join(" ")
    );
    let by_root = process::output(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !by_root || !is_on_path("apt-get") {
        bail!("{hint}");
    }
    process::run(process::command("apt-get").arg("update")).context("cannot download the lists of packages")?;
    let mut install = process::command("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "--yes", "--no-install-recommends"]);
    process::run(install.args(&missing)).with_context(|| hint)
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
