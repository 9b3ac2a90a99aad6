//! Kotlin: the library as a jar with its native library inside, built by Maven, and its tests,
//! which use that jar.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{debian, installed, zig};
use crate::lang::{BuildOptions, Language, emulator, uniffi, vendor};
use crate::run::{Steps, Tally, files, process, runner, say};
use crate::workspace::Workspace;

/// Kotlin's row in the table of languages.
pub(crate) const LANGUAGE: Language =
    Language { name: "kotlin", setup, build, install, test, check_suite: None, artifacts, bench_args };

/// Programs, and the packages of Debian that contain them.
const PROGRAMS: &[(&str, &str)] = &[("javac", "openjdk-17-jdk-headless"), ("mvn", "maven")];

/// JNA's name for this machine, and the folder of the native library in the jar.
const PLATFORM: &str = if cfg!(target_arch = "aarch64") { "linux-aarch64" } else { "linux-x86-64" };

/// A probe starts many times in a run, so it must start quickly. Its heap has its full size from
/// the beginning, so that the test of memory does not measure the growth of the heap.
const PROBE_FLAGS: &str =
    "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms48m -Xmx48m -XX:+AlwaysPreTouch -Xss512k";

/// For a JVM like that of a server.
const BENCH_FLAGS: &str = "-Xmx512m";

/// The last parts of the names of the published jars.
const JARS: [&str; 3] = ["", "-sources", "-javadoc"];

fn setup(workspace: &Workspace, steps: &mut Steps) {
    steps.run("kotlin: JDK and Maven", || debian::ensure(PROGRAMS));
    steps.run("kotlin: tools that link for an old glibc", || zig::BUILD_TOOLS.install(workspace));
    vendor::JAVA.setup(workspace, steps);
}

fn build(workspace: &Workspace, steps: &mut Steps, _: &BuildOptions) {
    steps.run("kotlin: build", || {
        let built = package(workspace, &["-DskipTests", "-Pdocumentation"])?;
        let dist = workspace.target.join("dist");
        for part in JARS {
            files::copy(&jar(workspace, part), &dist.join(jar_name(part)))?;
        }
        say!("built {}/devcred-*.jar", workspace.relative(&dist));
        built.print()
    });
}

fn install(workspace: &Workspace, steps: &mut Steps) -> Option<()> {
    steps.run("kotlin: install the jar", || {
        package(workspace, &["-DskipTests"])?.print()?;
        install_probe(workspace)
    })
}

fn test(workspace: &Workspace, steps: &mut Steps) -> Tally {
    let mut tally = steps.test("kotlin: tests", || {
        emulator::build(workspace)?;
        let test = |execution: &str| format!("surefire:test@{execution}");
        let mut maven = maven(workspace);
        maven.arg("-Dmaven.test.failure.ignore=true").args(["default-test", "panic"].map(test));
        runner::run_with_junit(&mut maven, &folder(workspace).join("surefire-reports"))
    });
    steps.run("kotlin: the example of an app, with its own server", || {
        let app = program(workspace, "login", "", "examples.login.LoginKt")?;
        emulator::log_in(workspace, &[app.display().to_string()])
    });
    tally += vendor::JAVA.test(workspace, steps);
    tally
}

fn artifacts(workspace: &Workspace) -> Result<Vec<Artifact>> {
    let jar = package(workspace, &["-Dmaven.test.skip"])?;
    Ok(vec![uniffi::library(workspace)?, jar])
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    package(workspace, &["-DskipTests"])?;
    let bench = program(workspace, "bench", BENCH_FLAGS, "io.devcred.bench.BenchKt")?;
    let cold = program(workspace, "cold", "", "io.devcred.bench.ColdKt")?;
    let bare = program(workspace, "bare", "", "io.devcred.bench.Bare")?;
    Ok(vec![
        format!("--binding=Kotlin={} suspend", bench.display()),
        format!("--binding=Kotlin, blocking={} blocking", bench.display()),
        format!("--cold-start=Kotlin={};{}", bare.display(), cold.display()),
    ])
}

/// Builds everything up to the jar.
fn package(workspace: &Workspace, options: &[&str]) -> Result<Artifact> {
    natives(workspace)?;
    process::run(maven(workspace).args(options).arg("package"))?;
    Ok(Artifact { name: "devcred.jar", file: jar(workspace, "") })
}

/// Copies the release build of the native library to the folder that Maven reads, and generates the
/// code that calls it.
fn natives(workspace: &Workspace) -> Result<()> {
    let built = uniffi::library(workspace)?.file;
    uniffi::generate(workspace, "kotlin")?;
    files::copy(&built, &folder(workspace).join("natives").join(PLATFORM).join(uniffi::FILE))
}

fn jar(workspace: &Workspace, part: &str) -> PathBuf {
    folder(workspace).join(jar_name(part))
}

fn jar_name(part: &str) -> String {
    format!("devcred-{}{part}.jar", env!("CARGO_PKG_VERSION"))
}

/// The folder in which Maven builds.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("kotlin")
}

fn maven(workspace: &Workspace) -> Command {
    let mut command = maven_in(workspace, "bindings/kotlin");
    command.arg(format!("-Ddevcred.target={}", workspace.target.display()));
    command
}

pub(crate) fn maven_in(workspace: &Workspace, project: &str) -> Command {
    let mut command = process::command("mvn");
    command.current_dir(workspace.root.join(project)).args(["-B", "-ntp"]);
    command
}

/// Copies the jar, its dependencies and the probe into a folder, and writes the program that starts
/// the probe.
fn install_probe(workspace: &Workspace) -> Result<()> {
    let target = folder(workspace);
    let clean = installed::folder(workspace, "kotlin");
    files::make_empty(&clean)?;
    fs::create_dir_all(clean.join("jna"))?;
    let mut jars = vec![jar(workspace, "")];
    jars.extend(std::env::split_paths(&read_classpath(workspace, "runtime-classpath")?));
    for jar in &jars {
        files::copy(jar, &clean.join("lib").join(jar.file_name().context("a jar has a name")?))?;
    }
    let (java, probe) = (java()?, clean.join("lib/probe.jar"));
    let mut make_jar = process::command(java.with_file_name("jar"));
    make_jar.arg("--create").arg("--file").arg(&probe).arg("-C").arg(target.join("test-classes"));
    process::run(make_jar.arg("io/devcred/probe"))?;

    let names: Vec<_> = files::list(&clean.join("lib"))?.iter().map(|jar| relative(jar, &clean)).collect();
    let command = |flags: &str| {
        let (java, classpath) = (java.display(), names.join(":"));
        format!(
            "'{java}' {PROBE_FLAGS} -Xlog:disable {flags} -Djna.tmpdir=jna -cp '{classpath}' io.devcred.probe.ProbeKt"
        )
    };
    // The JVM archives the classes that a first call loads, which fails. With the archive the probe
    // starts much faster.
    let script = format!("echo '{FIRST_CALL}' | {} suspend", command(&format!("-XX:ArchiveClassesAtExit={ARCHIVE}")));
    process::output(process::command("sh").current_dir(&clean).args(["-c", &script]))?;
    ensure!(clean.join(ARCHIVE).exists(), "the JVM did not write {ARCHIVE}");
    installed::finish(workspace, "kotlin", &command(&format!("-XX:SharedArchiveFile={ARCHIVE}")))
}

/// The JVM's archive of the classes that the probe loads.
const ARCHIVE: &str = "probe.jsa";

/// A call in the probe's protocol.
const FIRST_CALL: &str = "case=first&endpoint=http%3A%2F%2F127.0.0.1%3A1&access_key_id=a&access_key_secret=b&instance_id=c\
    &client_id=GID_a%40%40%40b&max_attempts=1";

fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

fn read_classpath(workspace: &Workspace, name: &str) -> Result<String> {
    let file = folder(workspace).join(name);
    fs::read_to_string(&file).context("Maven writes this file")
}

/// Writes a program that runs a main class of the tests with the jar. It needs no environment.
fn program(workspace: &Workspace, name: &str, flags: &str, class: &str) -> Result<PathBuf> {
    let folder = folder(workspace);
    let dependencies = read_classpath(workspace, "test-classpath")?;
    let classpath =
        format!("{}:{}:{dependencies}", jar(workspace, "").display(), folder.join("test-classes").display());
    let unpacked = folder.join("jna");
    fs::create_dir_all(&unpacked)?;
    let (java, unpacked) = (java()?, unpacked.display());
    let command = format!("'{}' {flags} '-Djna.tmpdir={unpacked}' -cp '{classpath}' {class}", java.display());
    let file = folder.join(name);
    files::write_starter(&file, None, &command)?;
    Ok(file)
}

/// The JVM that Maven uses: the one in `JAVA_HOME`, or the one on PATH.
pub(crate) fn java() -> Result<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = home.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join("java"));
    match found.into_iter().find(|program| program.is_file()) {
        Some(program) => Ok(program),
        None => bail!("cannot find java: `cargo xtask setup --lang kotlin` prints what to install"),
    }
}
