//! What comes from the packages of Debian: programs that the tests need, and Rust 1.85.0 if rustup's
//! server cannot be reached. That Rust is unpacked below `target/tools`, not installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::check::msrv::VERSION;
use crate::install::tools;
use crate::run::{process, say};
use crate::workspace::Workspace;

/// The packages of Rust itself, at `VERSION`. `-web` is Debian's name for the newer Rust that builds
/// browsers.
const RUST: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev", "libstd-rust-web-1.85"];

/// The libraries that they need, at any version.
const LIBRARIES: [&str; 5] = ["libllvm19", "libz3-4", "libedit2", "libhttp-parser2.9", "libpcre3"];

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

/// The cargo of the Rust that `install_rust` has unpacked.
pub(crate) fn unpacked_rust(workspace: &Workspace) -> Result<Command> {
    cargo(&rust_folder(workspace))
}

/// Downloads and unpacks Rust `VERSION`, and returns its cargo.
pub(crate) fn install_rust(workspace: &Workspace) -> Result<Command> {
    let folder = rust_folder(workspace);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !release.lines().any(|line| line == "VERSION_CODENAME=bookworm") {
        bail!("this is not Debian 12 (bookworm), whose packages contain Rust {VERSION}");
    }
    let packages = folder.join("packages");
    for needed in ["packages", "lists/partial", "cache"] {
        fs::create_dir_all(folder.join(needed))?;
    }
    // Separate lists, because the machine's may be old or, as in many containers, deleted.
    process::run(apt(&folder).arg("update")).context("cannot download the lists of packages")?;
    let rust = RUST.map(|name| format!("{name}={VERSION}+*"));
    let mut download = apt(&folder);
    download.arg("download").args(rust).args(LIBRARIES).current_dir(&packages);
    process::run(&mut download).context("cannot download the packages")?;
    for entry in fs::read_dir(&packages)? {
        process::output(process::command("dpkg-deb").arg("-x").arg(entry?.path()).arg(&folder))?;
    }
    for done in ["packages", "lists", "cache"] {
        fs::remove_dir_all(folder.join(done))?;
    }
    cargo(&folder).context("the packages were unpacked, but do not work together")
}

fn rust_folder(workspace: &Workspace) -> PathBuf {
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
    // The machine's lock does not cover this folder.
    command.args(["-o", "Debug::NoLocking=1"]);
    command
}

/// The cargo that is unpacked in the folder, if it runs. It is called by its path: by name, rustup
/// would start the pinned one.
fn cargo(folder: &Path) -> Result<Command> {
    // The folder of libraries is named after the architecture: `x86_64-linux-gnu`.
    let architecture = fs::read_dir(folder.join("usr/lib"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.ends_with("-linux-gnu"))
        .context("there is no folder with libraries")?;
    let libraries = ["usr/lib", "lib"].map(|lib| folder.join(lib).join(&architecture));
    let libraries = std::env::join_paths(libraries).context("the path of the checkout contains a `:`")?;
    let program = |name: &str| {
        let mut command = process::command(folder.join("usr/bin").join(name));
        command.env_remove("RUSTUP_TOOLCHAIN").env("LD_LIBRARY_PATH", &libraries);
        command
    };
    process::output(program("rustc").arg("--version"))?;
    let mut cargo = program("cargo");
    cargo.env("RUSTC", folder.join("usr/bin/rustc")).env("RUSTDOC", folder.join("usr/bin/rustdoc"));
    Ok(cargo)
}
