//! C: the library as the builder of a gateway installs it, and its tests, which use the installed
//! files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{debian, installed, zig};
use crate::lang::{BuildOptions, Language};
use crate::run::{Step, Suite, TestResults, files, process, runner, say, suite};
use crate::workspace::Workspace;

/// C's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "c",
    setup: &[Step::new("compilers and checkers", |_| debian::ensure(&PROGRAMS.map(|name| (name, name))))],
    build,
    install: Some(install),
    tests: &[Step::test("tests", test)],
    suite_checks: &[
        Step::repeat("suite, with sanitizers", |workspace| {
            // With sanitizers, many calls at once keep two cores so busy that requests that were
            // sent evenly arrive in bursts.
            run_suite(workspace, &probe(workspace, "sanitized"), &[&["--slow", "10"], suite::WITHOUT_CROWDS].concat())
        }),
        Step::repeat("suite, under valgrind", |workspace| {
            run_suite(workspace, &format!("{VALGRIND} {}", probe(workspace, "plain")), WITH_VALGRIND)
        }),
    ],
    bench_args,
    soak: Some(|workspace| build_program(workspace, "soak")),
};

/// The version of the binary interface: `DEVCRED_ABI_VERSION` in `bindings/c/src/version.rs`; a
/// test compares the two.
const ABI_VERSION: &str = "1";

const PACKAGE: &str = "devcred-c";

/// Programs, each in the package of Debian with the same name.
const PROGRAMS: [&str; 6] = ["gcc", "g++", "clang", "cmake", "pkg-config", "valgrind"];

/// The builds of the probe: as a user builds it, and with sanitizers that find errors with memory.
const PROBES: &[(&str, &[&str])] = &[
    ("plain", &[]),
    ("sanitized", &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]),
];

/// valgrind is many times slower, so it runs a few cases without time limits, of each kind of
/// outcome.
const VALGRIND: &str =
    "valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9";
const WITH_VALGRIND: &[&str] = &["--slow", "10", "--case", "answer/body"];

fn build(workspace: &Workspace, options: &BuildOptions) -> Result<Vec<Artifact>> {
    let prefix = options.prefix.clone().unwrap_or_else(|| prefix(workspace));
    let file = install_in(workspace, &prefix)?;
    say!("installed in {}", workspace.relative(&prefix));
    Ok(vec![Artifact { name: "libdevcred.so", file }])
}

fn install(workspace: &Workspace) -> Result<()> {
    install_in(workspace, &prefix(workspace))?;
    let folder = installed::folder(workspace, "c");
    files::make_empty(&folder)?;
    // All paths in the folder are relative.
    files::copy(&prefix(workspace), &folder.join("prefix"))?;
    files::copy(&workspace.root.join("bindings/c/probe.c"), &folder.join("probe.c"))?;
    PROBES.iter().try_for_each(|(name, more)| compile(&folder, Path::new("probe.c"), more, name))?;
    installed::finish(workspace, "c", "./plain")
}

fn test(workspace: &Workspace) -> Result<TestResults> {
    let debug = workspace.debug_libraries()?;
    let mut command = workspace.cargo_together("test");
    command.arg("--no-fail-fast").env("DEVCRED_C_PREFIX", prefix(workspace)).env("DEVCRED_C_DEBUG", debug);
    command.args(workspace.tests_of("devcred-c").into_iter().flat_map(|test| ["--test", test]));
    runner::run(&mut command)
}

/// Runs cases with another command line of the probe.
fn run_suite(workspace: &Workspace, probe: &str, which: &[&str]) -> Result<TestResults> {
    Suite { probe: Some(("c", probe)), which, ..Suite::of(&["c"]) }.run(workspace)
}

fn probe(workspace: &Workspace, build: &str) -> String {
    installed::folder(workspace, "c").join(build).display().to_string()
}

/// The prefix whose files the tests use.
fn prefix(workspace: &Workspace) -> PathBuf {
    workspace.target.join("c/prefix")
}

/// Builds and installs the header, both libraries, and the files for pkg-config and CMake. All
/// paths are relative to the prefix, so the folder can be moved. Returns the built shared library.
fn install_in(workspace: &Workspace, prefix: &Path) -> Result<PathBuf> {
    let (built, libraries) = (zig::build(workspace, PACKAGE)?, zig::native_static_libraries(workspace, PACKAGE)?);
    let (version, sources) = (env!("CARGO_PKG_VERSION"), workspace.root.join("bindings/c"));
    let library = prefix.join("lib");
    let soname = format!("libdevcred.so.{ABI_VERSION}");
    files::copy(&sources.join("include/devcred.h"), &prefix.join("include/devcred.h"))?;
    files::copy(&built.join("libdevcred.a"), &library.join("libdevcred.a"))?;
    files::copy(&built.join("libdevcred.so"), &library.join(format!("libdevcred.so.{version}")))?;
    files::link(format!("libdevcred.so.{version}"), &library.join(&soname))?;
    files::link(&soname, &library.join("libdevcred.so"))?;
    for (from, to) in [
        ("devcred.pc.in", "pkgconfig/devcred.pc"),
        ("devcred-config.cmake.in", "cmake/devcred/devcred-config.cmake"),
        ("devcred-config-version.cmake.in", "cmake/devcred/devcred-config-version.cmake"),
    ] {
        let text = fs::read_to_string(sources.join(from))?;
        let libraries = libraries.join(if to.ends_with(".cmake") { ";" } else { " " });
        let text = text.replace("@VERSION@", version).replace("@ABI_VERSION@", ABI_VERSION);
        files::write(&library.join(to), text.replace("@STATIC_LIBRARIES@", &libraries))?;
    }
    Ok(built.join("libdevcred.so"))
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    let program = build_program(workspace, "bench")?;
    Ok(["blocking", "callback"].map(|form| format!("--binding=C, {form}={program} {form}")).into())
}

/// Builds a program of `bindings/c` and returns its path.
fn build_program(workspace: &Workspace, name: &str) -> Result<String> {
    install_in(workspace, &prefix(workspace))?;
    let folder = workspace.target.join("c");
    compile(&folder, &workspace.root.join(format!("bindings/c/{name}.c")), &["-O2"], name)?;
    Ok(folder.join(name).display().to_string())
}

/// Compiles a program as a user does, with the flags that pkg-config prints for the `prefix` in the
/// folder.
fn compile(folder: &Path, source: &Path, more: &[&str], name: &str) -> Result<()> {
    let mut pkg_config = process::command("pkg-config");
    pkg_config.env("PKG_CONFIG_PATH", folder.join("prefix/lib/pkgconfig"));
    let flags = process::output(pkg_config.args(["--cflags", "--libs", "devcred"]))?;
    let mut command = process::command("gcc");
    command.current_dir(folder).args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]).args(more);
    command.arg(source).args(flags.split_whitespace());
    command.args(["-pthread", "-Wl,-rpath,$ORIGIN/prefix/lib", "-o", name]);
    process::run(&mut command)
}
