//! The installed library and header: what the build of a C program relies on.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::Command;

use common::{STRICT, functions_of_the_header, prefix, run};

/// Checks that a file that includes only the header compiles without warnings.
fn check_header(compiler: &str, standard: &str, file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join(file);
    fs::write(&source, "#include <devcred.h>\n#include <devcred.h>\nint number = DEVCRED_ABI_VERSION;\n").unwrap();
    let mut command = Command::new(compiler);
    command.arg(standard).args(STRICT).arg("-I").arg(prefix().join("include")).arg("-c").arg(&source);
    let (status, output) = run(command.arg("-o").arg(folder.path().join("object")));
    assert!(status.success() && output.is_empty(), "{compiler} {standard}: {status}\n{output}");
}

#[test]
fn the_header_is_c99_for_gcc() {
    check_header("gcc", "-std=c99", "header.c");
}

#[test]
fn the_header_is_c99_for_clang() {
    check_header("clang", "-std=c99", "header.c");
}

#[test]
fn the_header_is_cpp17() {
    check_header("g++", "-std=c++17", "header.cpp");
}

#[test]
fn the_installed_header_is_the_checked_in_one() {
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/include/devcred.h");
    assert!(fs::read(checked_in).unwrap() == fs::read(prefix().join("include/devcred.h")).unwrap());
}

#[test]
fn the_shared_library_exports_the_functions_of_the_header_and_nothing_else() {
    let (status, output) =
        run(Command::new("nm").args(["-D", "--defined-only"]).arg(prefix().join("lib/libdevcred.so")));
    assert!(status.success(), "{output}");
    let mut exported: Vec<_> = output.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    exported.sort_unstable();
    assert_eq!(exported, functions_of_the_header());
}

#[test]
fn the_soname_contains_the_abi_version() {
    let library = prefix().join("lib");
    let (status, output) = run(Command::new("readelf").arg("-d").arg(library.join("libdevcred.so")));
    assert!(status.success(), "{output}");
    let header = fs::read_to_string(prefix().join("include/devcred.h")).unwrap();
    let version = header.lines().find_map(|line| line.strip_prefix("#define DEVCRED_ABI_VERSION "));
    let name = format!("libdevcred.so.{}", version.expect("the header defines DEVCRED_ABI_VERSION"));
    assert!(output.contains(&format!("Library soname: [{name}]")), "{output}");
    assert!(library.join(&name).exists(), "the loader would not find {name}");
}

#[test]
fn the_shared_library_runs_with_glibc_2_17() {
    let (status, output) = run(Command::new("readelf").arg("-V").arg(prefix().join("lib/libdevcred.so")));
    assert!(status.success(), "{output}");
    let versions = output.split("GLIBC_2.").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    let newest = versions.flatten().filter_map(|minor| minor.parse::<u32>().ok()).max();
    assert!(newest.is_some_and(|minor| minor <= 17), "the library needs glibc 2.{newest:?}:\n{output}");
}
