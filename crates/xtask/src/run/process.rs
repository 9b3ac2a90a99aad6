//! Runs other programs. Each command is printed, and an error names the program.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::run::{output, say};

/// The variables of `cargo run` that describe the package `xtask`, besides `CARGO_PKG_*`.
const OF_XTASK: [&str; 4] = ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];

const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Creates a command with the environment in which `cargo xtask` was called.
///
/// `cargo run` sets variables that describe the package `xtask`. Some build scripts (ring's) run
/// again if one of them changes, so a plain `cargo build` and one from here would undo each other's
/// work. It also adds the folder of `xtask` to the library path, where a program would find a debug
/// build of a library instead of the one that it was installed with.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if name.starts_with("CARGO_PKG_") || OF_XTASK.contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    if let Some(paths) = env::var_os(LIBRARY_PATH) {
        command.env(LIBRARY_PATH, without_own_folder(&paths));
    }
    command
}

/// Removes the folders in which this program is. An empty path has no effect.
fn without_own_folder(paths: &OsStr) -> OsString {
    let program = env::current_exe().ok();
    let own = program.as_deref().and_then(Path::parent);
    let others = env::split_paths(paths).filter(|path| own.is_none_or(|own| !path.starts_with(own)));
    env::join_paths(others).unwrap_or_default()
}

/// Runs a command and prints its output. Fails unless its exit status is zero.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = run_to_end(command)?;
    ensure!(status.success(), "`{}` failed with {status}; its output is above", describe(command));
    Ok(())
}

/// Runs a command, prints its output and returns its exit status.
pub(crate) fn run_to_end(command: &mut Command) -> Result<ExitStatus> {
    announce(command);
    output::connect(command)?;
    command.status().with_context(|| not_started(command))
}

/// Runs a command quietly and returns its stdout. If it fails, the error contains its stderr.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    capture(command, &[0])
}

/// Runs a grep quietly and returns its stdout, which is empty if nothing matches.
pub(crate) fn search(command: &mut Command) -> Result<String> {
    capture(command, &[0, 1])
}

fn capture(command: &mut Command, expected: &[i32]) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| not_started(command))?;
    if output.status.code().is_none_or(|code| !expected.contains(&code)) {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed with {}: {}", describe(command), output.status, stderr.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{}` is not UTF-8", describe(command)))
}

/// Starts a command whose stdout the caller reads.
pub(crate) fn start(command: &mut Command) -> Result<(Child, BufReader<ChildStdout>)> {
    announce(command);
    output::connect(command)?;
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| not_started(command))?;
    let stdout = child.stdout.take().context("cannot read its output")?;
    Ok((child, BufReader::new(stdout)))
}

/// Prints the command that is about to run.
fn announce(command: &Command) {
    say!("$ {}", describe(command));
}

/// The message for a program that cannot be started.
fn not_started(command: &Command) -> String {
    format!("cannot start `{}`; is it installed and on PATH?", command.get_program().display())
}

/// The command line, with the program's name instead of its path.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_program_that_is_missing_is_named() {
        let error = run(&mut command("devcred-no-such-program")).expect_err("there is no such program");
        assert!(error.to_string().contains("devcred-no-such-program"), "{error}");
    }

    #[test]
    fn a_command_that_fails_is_named_with_its_arguments() {
        let error = output(command("cargo").arg("no-such-command")).expect_err("cargo has no such command");
        assert!(error.to_string().contains("cargo no-such-command"), "{error}");
    }

    #[test]
    fn what_cargo_says_about_this_package_is_not_passed_on() {
        let command = command("cargo");
        let removed = |wanted: &str| command.get_envs().any(|(name, value)| name == wanted && value.is_none());
        assert!(removed("CARGO_MANIFEST_DIR"), "cargo test sets it");
        assert!(removed("CARGO_PKG_NAME"), "cargo test sets it");
    }

    #[test]
    fn a_grep_may_find_nothing_but_must_run() {
        let grep = |pattern: &str| {
            let mut grep = command("grep");
            grep.args(["-E", pattern, "Cargo.toml"]).current_dir(env!("CARGO_MANIFEST_DIR"));
            search(&mut grep)
        };
        assert_eq!(grep("^publish").expect("it runs"), "publish = false\n");
        assert_eq!(grep("no such line").expect("it runs"), "");
        grep("(").expect_err("this is not a pattern");
    }

    #[test]
    fn libraries_are_not_searched_in_the_folder_of_this_program() {
        let own = env::current_exe().expect("this program has a path");
        let own = own.parent().expect("it is in a folder");
        let others = [PathBuf::from("/opt/lib"), PathBuf::from("/opt/other")];
        let all = [&own.join("deps"), &others[0], &own.to_path_buf(), &others[1]];
        let all = env::join_paths(all).expect("no path contains a colon");
        assert_eq!(env::split_paths(&without_own_folder(&all)).collect::<Vec<_>>(), others);
        assert_eq!(without_own_folder(own.as_os_str()), "");
    }
}
