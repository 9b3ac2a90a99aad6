//! C: the library as a gateway's builder installs it, and its tests, which use what is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::debian::Program;
use crate::language::{BuildOptions, Language};
use crate::ledger::Shipped;
use crate::runner::{self, Tally};
use crate::steps::Steps;
use crate::suite::Suite;
use crate::workspace::Workspace;
use crate::{debian, files, process, suite};

/// C's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language { name: "c", setup, build, test, shipped, contenders };

/// The version of the binary interface: `DEVCRED_ABI_VERSION` in `bindings/c/src/version.rs`; a test compares the two.
const ABI_VERSION: &str = "1";

/// What the standard library of a Linux with glibc needs where it is linked statically: rustc names them when it is asked by
/// `--print native-static-libs`, and a test compares.
const STATIC_LIBRARIES: &str = "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc";

const PROGRAMS: &[Program] = &[
    Program { name: "gcc", package: "gcc" },
    Program { name: "g++", package: "g++" },
    Program { name: "clang", package: "clang" },
    Program { name: "cmake", package: "cmake" },
    Program { name: "pkg-config", package: "pkg-config" },
    Program { name: "valgrind", package: "valgrind" },
];

/// The probe, built in these ways: as a user builds it, and so that it finds mistakes with memory.
const PROBES: &[(&str, &[&str])] = &[
    ("probe", &[]),
    ("probe-asan", &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]),
];

/// valgrind is many times slower, so it gets the cases without a clock.
const VALGRIND: &str =
    "valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9";
const WITH_VALGRIND: &[&str] = &["--slow", "10", "--case", "answer/"];

/// With sanitizers many calls at once keep two cores so busy that requests which were sent evenly arrive bunched.
const WITH_SANITIZERS: &[&str] = &["--slow", "10", "--skip", "pace/many-calls-within-the-quotas"];

fn setup(_: &Workspace, steps: &mut Steps) {
    steps.run("c: compilers and checkers", || debian::ensure(PROGRAMS));
}

fn build(workspace: &Workspace, steps: &mut Steps, options: &BuildOptions) {
    let prefix = options.prefix.clone().unwrap_or_else(|| prefix(workspace));
    steps.run("c: build and install", || {
        let library = install(workspace, &prefix)?;
        println!("installed in {}", workspace.relative(&prefix));
        library.print()
    });
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    build(workspace, steps, &BuildOptions::default());
    if steps.run("c: probes", || build_probes(workspace)).is_none() {
        return Tally { passed: 0, failed: 1 };
    }
    let built = |name: &str| workspace.target.join("c").join(name).display().to_string();
    let mut tally = suite::column(workspace, steps, "c");
    // Tests that were counted already: what a checker finds there is a failure.
    let sanitizers = built("probe-asan");
    let valgrind = format!("{VALGRIND} {}", built("probe"));
    for (about, checked) in [
        ("suite, with sanitizers", Suite { probe: Some(&sanitizers), which: WITH_SANITIZERS, ..Suite::of("c") }),
        ("suite, under valgrind", Suite { probe: Some(&valgrind), which: WITH_VALGRIND, ..Suite::of("c") }),
    ] {
        tally.failed += steps.test(&format!("c: {about}"), || checked.run(workspace)).failed;
    }
    tally += steps.test("c: tests", || {
        let mut command = workspace.cargo();
        command
            .args(["test", "--locked", "--no-fail-fast", "-p", "devcred-c"])
            .env("DEVCRED_C_PREFIX", prefix(workspace));
        runner::run(&mut command)
    });
    tally
}

/// What is tested is what is installed here.
fn prefix(workspace: &Workspace) -> PathBuf {
    workspace.target.join("c/prefix")
}

/// The stripped shared library.
fn build_library(workspace: &Workspace) -> Result<Shipped> {
    process::run(workspace.cargo().args(["build", "--locked", "--release", "-p", "devcred-c"]))?;
    Ok(Shipped { name: "libdevcred.so", file: workspace.target.join("release/libdevcred.so") })
}

fn shipped(workspace: &Workspace) -> Result<Vec<Shipped>> {
    Ok(vec![build_library(workspace)?])
}

/// Builds and installs: header, both libraries and what the builders of C programs find them by. Everything is relative to the
/// prefix, so the folder can be moved. Gives the shared library that was built.
fn install(workspace: &Workspace, prefix: &Path) -> Result<Shipped> {
    let built = build_library(workspace)?;
    let version = env!("CARGO_PKG_VERSION");
    let (release, sources) = (workspace.target.join("release"), workspace.root.join("bindings/c"));
    let library = prefix.join("lib");
    let soname = format!("libdevcred.so.{ABI_VERSION}");
    files::copy(&sources.join("include/devcred.h"), &prefix.join("include/devcred.h"))?;
    files::copy(&release.join("libdevcred.a"), &library.join("libdevcred.a"))?;
    files::copy(&built.file, &library.join(format!("libdevcred.so.{version}")))?;
    files::link(format!("libdevcred.so.{version}"), &library.join(&soname))?;
    files::link(&soname, &library.join("libdevcred.so"))?;
    for (from, to) in [
        ("devcred.pc.in", "pkgconfig/devcred.pc"),
        ("devcred-config.cmake.in", "cmake/devcred/devcred-config.cmake"),
        ("devcred-config-version.cmake.in", "cmake/devcred/devcred-config-version.cmake"),
    ] {
        let text = fs::read_to_string(sources.join(from)).with_context(|| format!("cannot read {from}"))?;
        let libraries =
            if to.ends_with(".cmake") { STATIC_LIBRARIES.replace(' ', ";") } else { STATIC_LIBRARIES.to_owned() };
        let text = text.replace("@VERSION@", version).replace("@ABI_VERSION@", ABI_VERSION);
        files::write(&library.join(to), text.replace("@STATIC_LIBRARIES@", &libraries))?;
    }
    Ok(built)
}

fn build_probes(workspace: &Workspace) -> Result<()> {
    PROBES.iter().try_for_each(|(name, more)| compile(workspace, "probe.c", more, name))
}

fn contenders(workspace: &Workspace) -> Result<Vec<String>> {
    install(workspace, &prefix(workspace))?;
    compile(workspace, "bench.c", &["-O2"], "bench")?;
    let program = workspace.target.join("c/bench");
    let argument = |form: &str| format!("--binding=C, {form}={} {form}", program.display());
    Ok(["blocking", "callback"].map(argument).into())
}

/// Builds C's program of `cargo xtask soak`, and returns the command that starts it.
pub(crate) fn soak(workspace: &Workspace) -> Result<String> {
    install(workspace, &prefix(workspace))?;
    compile(workspace, "soak.c", &["-O2"], "soak")?;
    Ok(workspace.target.join("c/soak").display().to_string())
}

/// As a user does, with what pkg-config says.
fn compile(workspace: &Workspace, source: &str, more: &[&str], name: &str) -> Result<()> {
    let flags = process::output(pkg_config(workspace).args(["--cflags", "--libs", "devcred"]))?;
    let mut command = process::command("gcc");
    command.current_dir(workspace.target.join("c"));
    command.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]).args(more);
    command.arg(workspace.root.join("bindings/c").join(source)).args(flags.split_whitespace());
    command.args(["-pthread", "-Wl,-rpath,$ORIGIN/prefix/lib", "-o", name]);
    process::run(&mut command)
}

/// As one who has unpacked the library anywhere calls it.
fn pkg_config(workspace: &Workspace) -> Command {
    let mut command = process::command("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix(workspace).join("lib/pkgconfig"));
    command
}
