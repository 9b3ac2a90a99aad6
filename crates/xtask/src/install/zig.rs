//! Builds libraries that run on old systems: zig links them with an old glibc, whatever this
//! machine has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::install::Venv;
use crate::run::{files, process};
use crate::workspace::Workspace;

/// The programs that build these libraries.
pub(crate) const BUILD_TOOLS: Venv = Venv {
    name: "build-python",
    purpose: "building what is shipped",
    requirements: "crates/xtask/native-requirements.txt",
};

/// The oldest glibc that Rust itself supports.
pub(crate) const GLIBC: &str = "2.17";

/// Installs the build tools if necessary, and returns a command for one of them, with all of them
/// on its `PATH`.
pub(crate) fn command(workspace: &Workspace, program: &str) -> Result<Command> {
    BUILD_TOOLS.install(workspace)?;
    let program = BUILD_TOOLS.program(workspace, program)?;
    let folder = program.parent().context("a program is in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = std::env::join_paths([folder.clone()].into_iter().chain(std::env::split_paths(&path)))?;
    let mut command = process::command(program);
    command.current_dir(&workspace.root).env("PATH", path).env("CARGO_ENCODED_RUSTFLAGS", without_paths(workspace)?);
    use_same_compilers(workspace, &mut command, &folder)?;
    Ok(command)
}

/// cargo-zigbuild and maturin would each write their own compiler scripts, and cargo compiles
/// everything again if the linker is another program.
fn use_same_compilers(workspace: &Workspace, command: &mut Command, tools: &Path) -> Result<()> {
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let zig = tools.join("cargo-zigbuild");
    let flags = format!("-g -fno-sanitize=all -target {}-linux-gnu.{GLIBC}", std::env::consts::ARCH);
    let target = target().replace('-', "_");
    let linker = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase());
    for (tool, flags, variables) in [
        ("cc", flags.as_str(), vec![format!("CC_{target}"), linker]),
        ("c++", flags.as_str(), vec![format!("CXX_{target}")]),
        ("ranlib", "", vec![format!("RANLIB_{target}")]),
    ] {
        let program = workspace.target.join("zig").join(tool);
        let line = format!("'{}' zig {tool} -- {flags}", zig.display());
        files::write_starter(&program, None, &line)?;
        command.envs(variables.into_iter().map(|variable| (variable, &program)));
    }
    Ok(())
}

/// The flags that keep the folders of this machine out of the messages of panics.
fn without_paths(workspace: &Workspace) -> Result<String> {
    let flag = |folder: &Path, name: &str| format!("--remap-path-prefix={}={name}", folder.display());
    Ok([flag(&workspace.cargo_home()?, "cargo"), flag(&workspace.root, "devcred")].join("\u{1f}"))
}

/// Builds a package for release, for the processor of this machine, and returns the folder of the
/// libraries.
pub(crate) fn build(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    process::run(&mut cargo(workspace, package, &[])?)?;
    Ok(built(workspace))
}

/// The system libraries that a program must link with the static library of a package: `-lgcc_s`,
/// `-lutil`, ...
pub(crate) fn native_static_libraries(workspace: &Workspace, package: &str) -> Result<Vec<String>> {
    // cargo repeats rustc's message, as JSON.
    let text = process::output(&mut cargo(workspace, package, &["--quiet", "--message-format", "json"])?)?;
    let line = text.split("native-static-libs: ").nth(1).and_then(|rest| rest.split(['\\', '"', '\n']).next());
    let line = line.context("rustc does not print the libraries that a static library needs")?;
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

/// Both commands are nearly the same, so that the second one does not build anything.
fn cargo(workspace: &Workspace, package: &str, options: &[&str]) -> Result<Command> {
    let mut command = command(workspace, "cargo-zigbuild")?;
    command.args(["rustc", "--locked", "--release", "--lib", "-p", package]).args(options);
    command.arg("--target").arg(format!("{}.{GLIBC}", target())).args(["--", "--print", "native-static-libs"]);
    Ok(command)
}

/// The folder of the libraries.
pub(crate) fn built(workspace: &Workspace) -> PathBuf {
    workspace.target.join(target()).join("release")
}

fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}
