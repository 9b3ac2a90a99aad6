//! `cargo xtask fuzz`: runs the targets of `tests/fuzz` under libFuzzer.
//!
//! cargo-fuzz needs a nightly Rust for `-Z sanitizer`; `RUSTC_BOOTSTRAP` lets the pinned Rust accept the flag.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::install::tools;
use crate::run::{Steps, choice, process, say};
use crate::workspace::Workspace;

const PACKAGE: &str = "devcred-fuzz";

struct Target {
    name: &'static str,
    about: &'static str,
    sanitizer: Sanitizer,
}

/// Code without `unsafe` is fuzzed without one, which makes it twice as fast.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sanitizer {
    Address,
    None,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::None => "none",
        }
    }
}

const fn safe(name: &'static str, about: &'static str) -> Target {
    Target { name, about, sanitizer: Sanitizer::None }
}

const TARGETS: &[Target] = &[
    safe("answer", "status, headers and body of an answer"),
    Target { name: "c_api", about: "random legal sequences of calls of the C API", sanitizer: Sanitizer::Address },
    safe("endpoint", "an endpoint that the caller gave"),
    safe("error_body", "an error of the service, in JSON or XML"),
    safe("probe_line", "a line of the protocol between the shared suite and a probe"),
    safe("proxy", "the variables HTTPS_PROXY and NO_PROXY"),
    safe("root_certificates", "the PEM of the caller's root certificates"),
    safe("string_to_sign", "the message of a refused signature"),
];

/// The names that `cargo xtask fuzz` takes.
pub(crate) fn names() -> Vec<&'static str> {
    TARGETS.iter().map(|target| target.name).collect()
}

/// The end of `cargo xtask fuzz --help`.
pub(crate) fn help() -> String {
    choice::list("Targets", TARGETS.iter().map(|target| (target.name, target.about)))
        + "
Examples:
  cargo xtask fuzz                 every target, a minute each
  cargo xtask fuzz endpoint --seconds 600

It needs a C++ compiler on Linux or macOS. The first run builds cargo-fuzz.

A run begins with the corpus of tests/fuzz and with the interesting inputs of earlier runs, which
are below target/fuzz. A target stops at its first finding, and the run prints how to replay it
without libFuzzer."
}

/// How a target ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    executions: u64,
    /// The inputs that break a promise.
    findings: Vec<String>,
}

/// Runs the targets with these names, or all.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, only: &[String], seconds: u32) {
    let mut lines = Vec::new();
    for target in choice::choose(TARGETS, |target| target.name, only) {
        let name = target.name;
        let mut line = format!("{name}: could not run");
        let program = steps.run(&format!("fuzz: build {name}"), || build(workspace, target));
        if let Some(program) = program {
            steps.run(&format!("fuzz: {name}"), || {
                let (outcome, success) = fuzz(workspace, &program, name, seconds)?;
                line = summary(name, &outcome);
                check_outcome(workspace, name, &outcome, success)
            });
        }
        lines.push(line);
    }
    say!("\n{}", lines.join("\n"));
}

fn summary(name: &str, outcome: &Outcome) -> String {
    format!("{name}: executions: {}, findings: {}", outcome.executions, outcome.findings.len())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("fuzz")
}

/// Builds a target and returns its program.
fn build(workspace: &Workspace, target: &Target) -> Result<PathBuf> {
    let cargo_fuzz = tools::install(workspace, &tools::CARGO_FUZZ)?;
    let (host, sanitizer) = (host(workspace)?, target.sanitizer.name());
    let target_dir = folder(workspace).join(format!("build-{sanitizer}"));
    let mut command = process::command(cargo_fuzz);
    command.current_dir(&workspace.root).args(["build", "--fuzz-dir", "tests/fuzz", "--sanitizer", sanitizer]);
    command.args(["--target", &host, "--target-dir"]).arg(&target_dir).arg(target.name).env("RUSTC_BOOTSTRAP", "1");
    // The release profile is for small libraries: here speed counts, and a finding's stack with names.
    for (setting, value) in
        [("OPT_LEVEL", "3"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "line-tables-only"), ("STRIP", "none")]
    {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    process::run(&mut command)?;
    Ok(target_dir.join(host).join("release").join(target.name))
}

/// The platform of the pinned Rust.
fn host(workspace: &Workspace) -> Result<String> {
    let text = process::output(process::command("rustc").current_dir(&workspace.root).arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what platform it is for")
}

/// Runs a target, and says whether it ended well. The program is called without cargo-fuzz, which would write its finds into
/// the repository.
fn fuzz(workspace: &Workspace, program: &Path, name: &str, seconds: u32) -> Result<(Outcome, bool)> {
    let [corpus, findings] = ["corpus", "findings"].map(|kind| folder(workspace).join(kind).join(name));
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut command = process::command(program);
    command.current_dir(&workspace.root);
    // libFuzzer writes into the first folder and reads all of them.
    command.arg(&corpus).arg(Path::new("tests/fuzz/corpus").join(name));
    command.arg(format!("-artifact_prefix={}{}", findings.display(), std::path::MAIN_SEPARATOR));
    command.arg(format!("-max_total_time={seconds}"));
    command.args(["-dict=tests/fuzz/words.dict", "-max_len=4096", "-rss_limit_mb=2048", "-timeout=10"]);
    command.arg("-print_final_stats=1");
    process::announce(&command);
    let mut child = command.stderr(Stdio::piped()).spawn().with_context(|| process::not_started(&command))?;
    let stderr = child.stderr.take().context("its output cannot be read")?;
    let outcome = read(&mut BufReader::new(stderr), &mut std::io::stderr());
    let success = child.wait()?.success();
    Ok((outcome?, success))
}

/// Copies libFuzzer's lines as they come, and reads what it says at its end.
fn read(from: &mut impl BufRead, to: &mut impl Write) -> std::io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        if let Some(number) = text.trim().strip_prefix("stat::number_of_executed_units:") {
            outcome.executions = number.trim().parse().unwrap_or_default();
        }
        if let Some((_, path)) = text.trim().split_once("Test unit written to ") {
            outcome.findings.push(path.to_owned());
        }
        line.clear();
    }
    to.flush()?;
    Ok(outcome)
}

fn check_outcome(workspace: &Workspace, name: &str, outcome: &Outcome, success: bool) -> Result<()> {
    if outcome.findings.is_empty() && success {
        return Ok(());
    }
    if outcome.findings.is_empty() {
        bail!("the target ended with an error that is no finding; see above");
    }
    let replays = outcome.findings.iter().map(|finding| {
        let finding = workspace.relative(Path::new(finding));
        format!("\n  cargo run -p {PACKAGE} --bin {name} -- {finding}")
    });
    bail!(
        "an input breaks a promise; replay it by{}\nWhen it is fixed, put the input into tests/fuzz/corpus/{name}",
        replays.collect::<String>()
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
        assert_eq!(programs, names());
    }

    #[test]
    fn the_help_lists_every_target() {
        for name in names() {
            assert!(help().contains(&format!("  {name} ")), "{name}");
        }
    }

    #[test]
    fn reads_what_libfuzzer_says_at_its_end() {
        let output = b"#2\tINITED cov: 5\n\xff\nartifact_prefix='a/'; Test unit written to a/crash-1\n\
            stat::number_of_executed_units: 139123\n";
        let mut copy = Vec::new();
        let outcome = read(&mut output.as_slice(), &mut copy).expect("a slice can be read");
        assert_eq!(outcome, Outcome { executions: 139_123, findings: vec!["a/crash-1".into()] });
        assert_eq!(summary("answer", &outcome), "answer: executions: 139123, findings: 1");
        assert_eq!(copy, output);
    }

    #[test]
    fn a_finding_fails_the_run_and_is_told_how_to_replay() {
        let workspace = Workspace::load().expect("cargo metadata works");
        let found =
            |findings: &[&str]| Outcome { executions: 1, findings: findings.iter().map(|f| f.to_string()).collect() };
        check_outcome(&workspace, "answer", &found(&[]), true).expect("nothing was found");
        check_outcome(&workspace, "answer", &found(&[]), false).expect_err("it ended badly");
        let finding = workspace.root.join("target/fuzz/findings/answer/crash-1");
        let error =
            check_outcome(&workspace, "answer", &found(&[&finding.to_string_lossy()]), false).expect_err("a finding");
        let replay = "cargo run -p devcred-fuzz --bin answer -- target/fuzz/findings/answer/crash-1";
        assert!(error.to_string().contains(replay), "{error}");
    }
}
