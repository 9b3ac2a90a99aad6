//! Kotlin: the library as a jar with its native library inside, built by Maven, and its tests,
//! which use that jar.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::check::Artifact;
use crate::install::{debian, installed, zig};
use crate::lang::{BuildOptions, Language, emulator, maven, vendor};
use crate::run::{Step, TestResults, files, process, runner};
use crate::workspace::Workspace;

/// Kotlin's row in the table of languages.
pub(crate) const LANGUAGE: Language = Language {
    name: "kotlin",
    setup: &[
        Step::new("JDK and Maven", |_| debian::ensure(PROGRAMS)),
        Step::new("tools that link for an old glibc", |workspace| zig::BUILD_TOOLS.install(workspace)),
        vendor::JAVA_SETUP,
    ],
    build,
    install: Some(install),
    tests: &[
        Step::test("tests", test),
        Step::new("the example of an app, with its own server", |workspace| {
            emulator::log_in(workspace, &[program(workspace, "login", "", "examples.login.LoginKt")?])
        }),
        Step::new("programs from empty Maven projects", |workspace| {
            maven::run_programs(workspace, &jar(workspace, ""))
        })
        .slow(),
        vendor::JAVA_TEST,
    ],
    suite_checks: &[],
    bench_args,
    soak: None,
};

/// Programs, and the packages of Debian that contain them.
const PROGRAMS: &[(&str, &str)] = &[("javac", "openjdk-17-jdk-headless"), ("mvn", "maven")];

/// The folder of this machine's native library in the jar.
const PLATFORM: &str = if cfg!(target_arch = "aarch64") { "linux-aarch64" } else { "linux-x86_64" };

/// The file of the native library.
const LIBRARY: &str = "libdevcred_jni.so";

/// A probe starts many times in a run, so it must start quickly. Its heap has its full size from
/// the beginning, so that the test of memory does not measure the growth of the heap.
const PROBE_FLAGS: &str =
    "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms48m -Xmx48m -XX:+AlwaysPreTouch -Xss512k";

/// Maven ends before the compiler for long-running programs would pay off.
const MAVEN_FLAGS: &str = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

/// For a JVM like that of a server. All of its heap is resident from the beginning, so that the
/// benchmark can tell its own memory from what is free in it.
pub(crate) const BENCH_FLAGS: &str = "-Xms512m -Xmx512m -XX:+AlwaysPreTouch";

/// The last parts of the names of the published jars.
const JARS: [&str; 3] = ["", "-sources", "-javadoc"];

fn build(workspace: &Workspace, options: &BuildOptions) -> Result<Vec<Artifact>> {
    let library = Artifact { name: LIBRARY, file: library(workspace)? };
    if options.documentation {
        package(workspace, &["-DskipTests", "-Pdocumentation"])?;
        let dist = workspace.target.join("dist");
        JARS.iter().try_for_each(|part| files::copy(&jar(workspace, part), &dist.join(jar_name(part))))?;
        let others = [("sources", "-sources"), ("javadoc", "-javadoc")]
            .map(|(option, part)| format!("-D{option}={}", jar(workspace, part).display()));
        maven::publish(workspace, &jar(workspace, ""), &others, &dist.join("maven"))?;
    } else {
        package(workspace, &["-Dmaven.test.skip"])?;
    }
    Ok(vec![library, Artifact { name: "devcred.jar", file: jar(workspace, "") }])
}

fn test(workspace: &Workspace) -> Result<TestResults> {
    emulator::build(workspace)?;
    workspace.debug_libraries()?;
    let mut maven = maven(workspace);
    maven.args(["-Dmaven.test.failure.ignore=true", "surefire:test@default-test", "surefire:test@panic"]);
    runner::run_with_junit(&mut maven, &folder(workspace).join("surefire-reports"))
}

fn bench_args(workspace: &Workspace) -> Result<Vec<String>> {
    package(workspace, &["-DskipTests"])?;
    let bench = program(workspace, "bench", BENCH_FLAGS, "io.devcred.bench.BenchKt")?;
    let cold = program(workspace, "cold", "", "io.devcred.bench.ColdKt")?;
    let bare = program(workspace, "bare", "", "io.devcred.bench.Bare")?;
    Ok(vec![
        format!("--binding=Kotlin={bench} suspend"),
        format!("--binding=Kotlin, blocking={bench} blocking"),
        format!("--cold-start=Kotlin={bare};{cold} suspend"),
        format!("--cold-start=Kotlin, blocking={bare};{cold} blocking"),
    ])
}

/// Builds the native library for release.
fn library(workspace: &Workspace) -> Result<PathBuf> {
    Ok(zig::build(workspace, "devcred-jni")?.join(LIBRARY))
}

/// Builds everything up to the jar, with the native library in the folder that Maven reads.
fn package(workspace: &Workspace, options: &[&str]) -> Result<()> {
    let folder = folder(workspace);
    files::copy(&library(workspace)?, &folder.join("natives").join(PLATFORM).join(LIBRARY))?;
    // Maven adds to it.
    files::make_empty(&folder.join("dependencies"))?;
    process::run(maven(workspace).args(options).arg("package"))
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
    let mut command = maven_in(workspace, Path::new("bindings/kotlin"));
    command.arg(format!("-Ddevcred.target={}", workspace.target.display()));
    command
}

pub(crate) fn maven_in(workspace: &Workspace, project: &Path) -> Command {
    let mut command = process::command("mvn");
    command.current_dir(workspace.root.join(project)).args(["-B", "-ntp"]);
    let user = std::env::var("MAVEN_OPTS").unwrap_or_default();
    command.env("MAVEN_OPTS", format!("{MAVEN_FLAGS} {user}"));
    command
}

/// Copies the jar, its dependencies and the probe into a folder, and writes the program that starts
/// the probe.
fn install(workspace: &Workspace) -> Result<()> {
    package(workspace, &["-DskipTests"])?;
    let target = folder(workspace);
    let clean = installed::folder(workspace, "kotlin");
    files::make_empty(&clean)?;
    files::copy(&jar(workspace, ""), &clean.join("lib/devcred.jar"))?;
    files::copy(&target.join("dependencies"), &clean.join("lib"))?;
    let java = java()?;
    let mut make_jar = process::command(java.with_file_name("jar"));
    make_jar.current_dir(&clean).args(["--create", "--file", "lib/probe.jar", "-C"]);
    process::run(make_jar.arg(target.join("test-classes")).arg("io/devcred/probe"))?;

    let command = |flags: &str| {
        let java = java.display();
        format!("'{java}' {PROBE_FLAGS} -Xlog:disable {flags} -cp 'lib/*' io.devcred.probe.ProbeKt")
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

/// Writes a program that runs a main class of the tests with the jar, and returns its path. It
/// needs no environment.
fn program(workspace: &Workspace, name: &str, flags: &str, class: &str) -> Result<String> {
    let folder = folder(workspace);
    let dependencies = fs::read_to_string(folder.join("test-classpath")).context("Maven writes this file")?;
    let (java, jar, target) = (java()?, jar(workspace, ""), folder.display());
    let classpath = format!("{}:{target}/test-classes:{dependencies}", jar.display());
    let command = format!("'{}' {flags} -cp '{classpath}' {class}", java.display());
    let file = folder.join(name);
    files::write_starter(&file, None, &command)?;
    Ok(file.display().to_string())
}

/// The JVM that Maven uses: the one in `JAVA_HOME`, or the one on PATH.
pub(crate) fn java() -> Result<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = home.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join("java"));
    let found = found.find(|program| program.is_file());
    found.context("cannot find java: `cargo xtask setup --lang kotlin` prints what to install")
}
