//! The programs of `examples/c`, built with pkg-config, statically and with CMake, and run against
//! the emulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::panic, reason = "a test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{INSTANCE, STRICT, Service, prefix, run};
use devcred_emulator::Emulator;
use tempfile::TempDir;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/c")
}

/// Returns the output of pkg-config, split into arguments.
fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")).args(arguments).arg("devcred");
    let (status, output) = run(&mut command);
    assert!(status.success(), "pkg-config {arguments:?}: {output}");
    output.split_whitespace().map(str::to_owned).collect()
}

/// Compiles an example with these linker flags.
fn compile(folder: &TempDir, name: &str, link: &[String]) -> PathBuf {
    let program = folder.path().join(name);
    let mut command = Command::new("cc");
    command.args(["-std=c99"]).args(STRICT).arg(examples().join(format!("{name}.c")));
    command.args(pkg_config(&["--cflags"])).args(link).arg("-o").arg(&program);
    let (status, output) = run(&mut command);
    assert!(status.success(), "{name}.c does not compile: {output}");
    program
}

fn dynamic_flags() -> Vec<String> {
    let mut link = pkg_config(&["--libs"]);
    link.push(format!("-Wl,-rpath,{}", prefix().join("lib").display()));
    link
}

/// For a program that is shipped as a single file.
fn static_flags() -> Vec<String> {
    pkg_config(&["--variable=static"])
}

fn service() -> Service {
    Service::start(Emulator::builder().device("GID_test@@@one").device("GID_test@@@two"))
}

/// Runs an example with an environment that contains only its configuration.
fn run_example(program: &Path, service: &Service, client_ids: &[&str]) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(client_ids).env_clear().envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", service.emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.emulator.access_key_secret()),
        ("DEVCRED_ENDPOINT", service.emulator.endpoint()),
        ("DEVCRED_INSTANCE_ID", INSTANCE),
    ]);
    let (status, output) = run(&mut command);
    (status.success(), output)
}

fn check_get(program: &Path) {
    let service = service();
    let (is_ok, output) = run_example(program, &service, &["GID_test@@@one"]);
    assert!(
        is_ok && output.starts_with("DeviceCredential|") && output.ends_with(&format!("|{INSTANCE}\n")),
        "{output}"
    );
    assert_eq!(
        run_example(program, &service, &["GID_test@@@unknown"]),
        (false, "register the device first\n".to_owned())
    );
    let (is_ok, output) = run_example(program, &service, &[""]);
    assert!(!is_ok && output.starts_with("InvalidParameter: client_id is empty"), "{output}");
}

#[test]
fn the_blocking_example_links_with_pkg_config_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    check_get(&compile(&folder, "get", &dynamic_flags()));
}

#[test]
fn the_static_blocking_example_needs_no_shared_library() {
    let folder = tempfile::tempdir().unwrap();
    let program = compile(&folder, "get", &static_flags());
    check_get(&program);
    let (status, output) = run(Command::new("ldd").arg(&program));
    assert!(status.success() && !output.contains("devcred"), "{output}");
}

#[test]
fn the_event_loop_example_makes_calls_in_parallel() {
    let folder = tempfile::tempdir().unwrap();
    let (program, service) = (compile(&folder, "poll", &dynamic_flags()), service());
    let (is_ok, output) = run_example(&program, &service, &["GID_test@@@one", "GID_test@@@two"]);
    assert!(is_ok && output.matches("DeviceCredential|").count() == 2, "{output}");
    let (is_ok, output) = run_example(&program, &service, &["GID_test@@@one", "GID_test@@@unknown"]);
    assert!(
        !is_ok && output.contains("GID_test@@@unknown: NotFound: ") && output.contains("DeviceCredential|"),
        "{output}"
    );
}

#[test]
fn cmake_finds_both_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let project = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(gateway C)\nfind_package(devcred 0.1 REQUIRED)\n\
         foreach(kind devcred static)\n  add_executable(get-${{kind}} {}/get.c)\n  \
         target_link_libraries(get-${{kind}} devcred::${{kind}})\nendforeach()\n",
        examples().display()
    );
    fs::write(folder.path().join("CMakeLists.txt"), project).unwrap();
    let build = folder.path().join("build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(folder.path()).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()));
    for command in [&mut configure, Command::new("cmake").arg("--build").arg(&build)] {
        let (status, output) = run(command);
        assert!(status.success(), "{output}");
    }
    for kind in ["devcred", "static"] {
        check_get(&build.join(format!("get-{kind}")));
    }
}
