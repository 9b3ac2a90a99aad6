//! What comes from the packages of Debian: programs that the tests need, and Rust 1.85.0 where Rust's own server cannot be
//! reached. Rust is unpacked below `target/tools`, not installed, so that needs no rights and changes nothing.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::msrv::{Toolchain, VERSION};
use crate::output::say;
use crate::workspace::Workspace;
use crate::{process, tools};

/// The packages of Rust itself, at `VERSION`. `-web` is what Debian calls the newer Rust that it builds browsers with.
const RUST: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev", "libstd-rust-web-1.85"];

/// The libraries that they need and a machine without browsers and compilers lacks, at any version.
const LIBRARIES: [&str; 5] = ["libllvm19", "libz3-4", "libedit2", "libhttp-parser2.9", "libpcre3"];

/// A program that tests need, and the package of Debian that has it.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
}

/// Installs what is missing, into the system: a compiler knows its own place. Where this is not root it says what is missing.
pub(crate) fn ensure(programs: &[Program]) -> Result<()> {
    // One at a time, for steps that run side by side: so will apt-get have it.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let missing: Vec<_> =
        programs.iter().filter(|program| !is_on_path(program.name)).map(|program| program.package).collect();
    if missing.is_empty() {
        say!("up to date: {}", programs.iter().map(|program| program.name).collect::<Vec<_>>().join(", "));
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
    process::run(process::command("apt-get").arg("update")).context("the lists of packages cannot be downloaded")?;
    let mut install = process::command("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "--yes", "--no-install-recommends"]);
    process::run(install.args(&missing)).with_context(|| hint)
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// What `install` unpacked earlier.
pub(crate) fn unpacked(workspace: &Workspace) -> Result<Toolchain> {
    toolchain(&folder(workspace))
}

/// Downloads and unpacks the packages.
pub(crate) fn install(workspace: &Workspace) -> Result<Toolchain> {
    let folder = folder(workspace);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !release.lines().any(|line| line == "VERSION_CODENAME=bookworm") {
        bail!("this is not Debian 12 (bookworm), whose packages have Rust {VERSION}");
    }
    let packages = folder.join("packages");
    for needed in ["packages", "lists/partial", "cache"] {
        fs::create_dir_all(folder.join(needed)).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    // Lists of its own: the machine's may be old or, as in many containers, deleted.
    process::run(apt(&folder).arg("update")).context("the lists of packages cannot be downloaded")?;
    let rust = RUST.map(|name| format!("{name}={VERSION}+*"));
    let mut download = apt(&folder);
    download.arg("download").args(rust).args(LIBRARIES).current_dir(&packages);
    process::run(&mut download).context("the packages cannot be downloaded")?;
    for entry in fs::read_dir(&packages)? {
        let package = entry?.path();
        process::output(process::command("dpkg-deb").arg("-x").arg(&package).arg(&folder))
            .with_context(|| format!("{} cannot be unpacked", package.display()))?;
    }
    // Not needed again: what is unpacked is checked, not what was downloaded.
    for done in ["packages", "lists", "cache"] {
        fs::remove_dir_all(folder.join(done))
            .with_context(|| format!("cannot delete {}", folder.join(done).display()))?;
    }
    toolchain(&folder).context("the packages were unpacked, but do not work together")
}

fn folder(workspace: &Workspace) -> PathBuf {
    tools::folder(workspace).join(format!("rust-{VERSION}"))
}

/// An apt-get that keeps its lists and its cache in the folder.
fn apt(folder: &Path) -> Command {
    let mut command = process::command("apt-get");
    for (option, place) in [("Dir::State::lists", "lists"), ("Dir::Cache", "cache")] {
        let mut value = OsString::from(format!("{option}="));
        value.push(folder.join(place));
        command.arg("-o").arg(value);
    }
    // The machine's lock is not this folder's.
    command.args(["-o", "Debug::NoLocking=1"]);
    command
}

/// What is unpacked in the folder, if it runs.
fn toolchain(folder: &Path) -> Result<Toolchain> {
    // The folder of libraries is named after the architecture: `x86_64-linux-gnu`.
    let architecture = fs::read_dir(folder.join("usr/lib"))
        .context("nothing is unpacked yet")?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.ends_with("-linux-gnu"))
        .context("there is no folder with libraries")?;
    let libraries = ["usr/lib", "lib"].map(|lib| folder.join(lib).join(&architecture));
    let libraries = std::env::join_paths(libraries).context("the path of the checkout holds a `:`")?;
    Toolchain { programs: PathBuf::from(folder).join("usr/bin"), libraries: Some(libraries) }.verify()
}
