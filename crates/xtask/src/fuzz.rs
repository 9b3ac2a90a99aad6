//! `cargo xtask fuzz`: runs the targets of `tests/fuzz` under libFuzzer.
//!
//! cargo-fuzz needs a nightly Rust for `-Z sanitizer`; `RUSTC_BOOTSTRAP` lets the pinned Rust accept
//! the flag.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::builder::PossibleValuesParser;
use fs_err as fs;

use crate::install::tools;
use crate::run::{Steps, choice, files, process};
use crate::workspace::Workspace;

const PACKAGE: &str = "devcred-fuzz";

struct Target {
    name: &'static str,
    about: &'static str,
    /// Code without `unsafe` is fuzzed without one, which makes it twice as fast.
    sanitizer: &'static str,
}

const fn safe(name: &'static str, about: &'static str) -> Target {
    Target { name, about, sanitizer: "none" }
}

const TARGETS: &[Target] = &[
    safe("answer", "status, headers and body of an answer"),
    Target { name: "c_api", about: "random legal sequences of calls of the C API", sanitizer: "address" },
    safe("endpoint", "an endpoint that the caller gave"),
    safe("error_body", "an error of the service, in JSON or XML"),
    safe("probe_line", "a line of the protocol between the shared suite and a probe"),
    safe("proxy", "the variables HTTPS_PROXY and NO_PROXY"),
    safe("root_certificates", "the PEM of the caller's root certificates"),
    safe("string_to_sign", "the message of a refused signature"),
];

/// Parses the name of a target.
pub(crate) fn parser() -> PossibleValuesParser {
    choice::parser(TARGETS.iter().map(|target| (target.name, target.about)))
}

/// The end of `cargo xtask fuzz --help`.
pub(crate) const HELP: &str = "\
Examples:
  cargo xtask fuzz                 every target, a minute each
  cargo xtask fuzz endpoint --seconds 600

It needs a C++ compiler on Linux or macOS. The first run builds cargo-fuzz.

A run begins with the corpus of tests/fuzz and with the interesting inputs of earlier runs, which
are below target/fuzz. A target stops at its first finding, and the run prints how to replay it
without libFuzzer.";

/// Runs the targets with these names, or all.
pub(crate) fn run(workspace: &Workspace, steps: &Steps, only: &[String], seconds: u32) {
    for target in choice::choose(TARGETS, |target| target.name, only) {
        steps.run(&format!("fuzz: {}", target.name), || fuzz(workspace, target, seconds));
    }
}

fn fuzz(workspace: &Workspace, target: &Target, seconds: u32) -> Result<()> {
    let Target { name, sanitizer, .. } = *target;
    let folder = workspace.target.join("fuzz");
    let (corpus, findings) = (folder.join("corpus").join(name), folder.join("findings").join(name));
    fs::create_dir_all(&corpus)?;
    files::make_empty(&findings)?;
    let mut command = process::command(tools::install(workspace, &tools::CARGO_FUZZ)?);
    command.current_dir(&workspace.root).env("RUSTC_BOOTSTRAP", "1");
    command.args(["run", "--fuzz-dir", "tests/fuzz", "--sanitizer", sanitizer, "--target-dir"]);
    // libFuzzer writes into the first folder and reads all of them.
    command.arg(folder.join(format!("build-{sanitizer}"))).arg(name).arg(corpus);
    command.arg(Path::new("tests/fuzz/corpus").join(name)).arg("--");
    // cargo-fuzz would write its findings into the repository.
    command.arg(format!("-artifact_prefix={}{}", findings.display(), std::path::MAIN_SEPARATOR));
    command.arg(format!("-max_total_time={seconds}"));
    command.args(["-dict=tests/fuzz/words.dict", "-max_len=4096", "-rss_limit_mb=2048", "-timeout=10"]);
    // The release profile is for small libraries: here speed counts, and a finding's stack with names.
    for (setting, value) in
        [("OPT_LEVEL", "3"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "line-tables-only"), ("STRIP", "none")]
    {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    let result = process::run(&mut command);
    // cargo-fuzz creates these folders, even if it writes nothing there.
    for empty in [format!("tests/fuzz/artifacts/{name}"), "tests/fuzz/artifacts".to_owned()] {
        let _ = fs::remove_dir(workspace.root.join(empty));
    }
    result.or_else(|error| Err(explain(workspace, name, &files::list(&findings)?, error)))
}

/// Adds how to replay the inputs that break a promise.
fn explain(workspace: &Workspace, target: &str, findings: &[PathBuf], error: anyhow::Error) -> anyhow::Error {
    if findings.is_empty() {
        return error;
    }
    let replay =
        |finding: &PathBuf| format!("\n  cargo run -p {PACKAGE} --bin {target} -- {}", workspace.relative(finding));
    let replays: String = findings.iter().map(replay).collect();
    anyhow!(
        "an input breaks a promise; replay it by{replays}\nWhen it is fixed, put the input into tests/fuzz/corpus/{target}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_of_the_package_is_a_target() {
        let workspace = Workspace::load().expect("cargo metadata works");
        let package =
            workspace.packages.iter().find(|package| package.name.as_ref() == PACKAGE).expect("it is a member");
        let programs = package.targets.iter().filter(|target| target.is_bin());
        let mut programs: Vec<_> = programs.filter_map(|target| target.src_path.file_stem()).collect();
        programs.sort_unstable();
        assert_eq!(programs, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
    }

    #[test]
    fn a_finding_is_reported_with_the_command_that_replays_it() {
        let workspace = Workspace::load().expect("cargo metadata works");
        let finding = workspace.root.join("target/fuzz/findings/answer/crash-1");
        let text = explain(&workspace, "answer", &[finding], anyhow!("it failed")).to_string();
        let replay = "cargo run -p devcred-fuzz --bin answer -- target/fuzz/findings/answer/crash-1";
        assert!(text.contains(replay), "{text}");
        assert_eq!(explain(&workspace, "answer", &[], anyhow!("it failed")).to_string(), "it failed");
    }
}
