//! Each rule fails on a bad sample, and passes a good one that looks like it.

use std::collections::BTreeSet;

use cargo_metadata::Package;
use serde_json::json;

use super::{PACKAGE_RULES, file_rules};
use crate::run::{files, process};
use crate::workspace::Workspace;

/// What the rules look at: files and packages.
#[derive(Default)]
struct Tree {
    files: Vec<(String, String)>,
    packages: Vec<Package>,
}

fn file(path: &str, text: &str) -> Tree {
    Tree { files: vec![(path.to_owned(), text.to_owned())], ..Tree::default() }
}

/// A package in a folder, with dependencies like `reqwest` or `dev:reqwest`, and a library of these
/// kinds.
fn package_with(folder: &str, dependencies: &[&str], library: &[&str]) -> Tree {
    let dependencies = dependencies.iter().map(|text| {
        let (kind, name) = text.split_once(':').map_or((None, *text), |(kind, name)| (Some(kind), name));
        json!({"name": name, "req": "*", "kind": kind, "optional": false, "uses_default_features": true, "features": []})
    });
    let target = json!({"name": "x", "kind": library, "src_path": format!("{folder}/src/lib.rs")});
    let package = json!({
        "name": folder.rsplit('/').next(), "version": "0.1.0", "id": folder, "features": {},
        "manifest_path": format!("{folder}/Cargo.toml"), "dependencies": dependencies.collect::<Vec<_>>(), "targets": [target]
    });
    let package: Package = serde_json::from_value(package).expect("it is a package");
    Tree { packages: vec![package], ..Tree::default() }
}

fn package(folder: &str, dependencies: &[&str]) -> Tree {
    package_with(folder, dependencies, &["lib"])
}

/// A package with a root file and a manifest.
fn rooted(folder: &str, root: &str, manifest: &str) -> Tree {
    let files = [(format!("{folder}/src/lib.rs"), root), (format!("{folder}/Cargo.toml"), manifest)];
    Tree { files: files.map(|(path, text)| (path, text.to_owned())).into(), ..package(folder, &[]) }
}

/// For each rule: a tree that breaks it, and one that does not.
fn samples() -> Vec<(&'static str, Tree, Tree)> {
    let lines = |count: usize, first: &str| format!("{first}\n{}", "x\n".repeat(count - 1));
    vec![
        (
            "binding-dependencies",
            package("bindings/python", &["pyo3", "reqwest"]),
            package("bindings/python", &["dev:tokio", "pyo3"]),
        ),
        (
            "binding-service",
            file("bindings/node/index.js", "const host = 'onsmqtt.cn-hangzhou.aliyuncs.com'"),
            file("bindings/node/index.js", "// talks to onsmqtt.cn-hangzhou.aliyuncs.com"),
        ),
        (
            "binding-environment",
            file("bindings/kotlin/src/main/kotlin/Client.kt", "val key = System.getenv(NAME)"),
            file("bindings/kotlin/src/test/kotlin/Client.kt", "val key = System.getenv(NAME)"),
        ),
        (
            "binding-library",
            package_with("bindings/c", &[], &["cdylib", "rlib"]),
            package_with("bindings/c", &[], &["cdylib", "staticlib"]),
        ),
        (
            "independent-core",
            package("crates/devcred", &["devcred-emulator"]),
            package("crates/devcred", &["dev:devcred-emulator"]),
        ),
        (
            "pure-core",
            file("crates/devcred/src/rate_limit.rs", "let now = Instant::now();"),
            file("crates/devcred/src/client.rs", "let now = Instant::now();"),
        ),
        (
            "no-unsafe",
            rooted("crates/devcred", "//! A crate.\n", ""),
            rooted("crates/devcred", "//! A crate.\n#![forbid(unsafe_code)]\n", ""),
        ),
        (
            "lints",
            rooted("tests/bench", "", "version.workspace = true\n[lints.clippy]\n"),
            rooted("tests/bench", "", "[lints]\nworkspace = true\n"),
        ),
        (
            "long-file",
            file("crates/devcred/src/x.rs", &lines(401, "")),
            file("crates/devcred/src/x.rs", &lines(401, "// Long because it is a table.")),
        ),
        (
            "plans",
            file("crates/devcred/src/x.rs", concat!("// TO", "DO: more")),
            file("crates/devcred/src/x.rs", "todo"),
        ),
        (
            "machine-path",
            file("README.md", concat!("see /ro", "ot/x")),
            file("README.md", concat!("see source/ro", "ot/x")),
        ),
        (
            "registry-host",
            file("tests/vendor/python/requirements.txt", concat!("-i https://pypi", ".org/simple")),
            file("README.md", "https://docs.rs/devcred"),
        ),
    ]
}

fn workspace() -> Workspace {
    Workspace::load().expect("cargo metadata works")
}

fn violations(name: &str, tree: &Tree) -> Vec<String> {
    let root = tempfile::tempdir().expect("a folder can be made");
    process::output(process::command("git").args(["init", "--quiet"]).arg(root.path())).expect("there is git");
    for (path, text) in &tree.files {
        files::write(&root.path().join(path), text).expect("it can be written");
    }
    if let Some(rule) = PACKAGE_RULES.iter().find(|rule| rule.name == name) {
        return rule.run(root.path(), &tree.packages);
    }
    let rules = file_rules(&workspace()).expect("they can be read");
    let rule = rules.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("there is no rule {name}"));
    rule.run(root.path()).expect("git can search")
}

#[test]
fn every_rule_fails_on_its_bad_sample_and_passes_its_good_one() {
    for (name, bad, good) in samples() {
        assert!(!violations(name, &bad).is_empty(), "{name} lets its bad sample pass");
        assert_eq!(violations(name, &good), [""; 0], "{name} refuses its good sample");
    }
}

#[test]
fn every_rule_has_a_sample() {
    let rules = file_rules(&workspace()).expect("they can be read");
    let names = rules.iter().map(|rule| rule.name.as_str()).chain(PACKAGE_RULES.iter().map(|rule| rule.name));
    let sampled: BTreeSet<_> = samples().iter().map(|(name, _, _)| *name).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), sampled);
}

#[test]
fn a_violation_names_file_and_line() {
    let tree = file("bindings/c/src/lib.rs", "//! x\n\nfn x() { std::env::var(\"X\") }\n");
    let found = violations("binding-environment", &tree);
    assert_eq!(found, ["bindings/c/src/lib.rs:3:fn x() { std::env::var(\"X\") }"]);
}

#[test]
fn every_pathspec_selects_files() {
    let workspace = workspace();
    for rule in file_rules(&workspace).expect("they can be read") {
        for files in rule.files.iter().filter(|files| files.contains('/') && !files.starts_with(":!")) {
            let mut git = process::command("git");
            git.current_dir(&workspace.root).args(["ls-files", "--error-unmatch", "--", files]);
            process::output(&mut git).unwrap_or_else(|_| panic!("{files} has moved: name its new place"));
        }
    }
}

#[test]
fn build_dependencies_count_as_dependencies() {
    assert_eq!(violations("binding-dependencies", &package("bindings/c", &["build:serde_json"])).len(), 1);
}

#[test]
fn unit_tests_may_read_the_clock() {
    let clock = "fn turn() { Instant::now(); }\n";
    assert_eq!(violations("pure-core", &file("crates/devcred/src/rate_limit/tests.rs", clock)), [""; 0]);
    assert_eq!(violations("pure-core", &file("crates/devcred/src/rate_limit/slot.rs", clock)).len(), 1);
}

#[test]
fn words_do_not_begin_inside_of_others() {
    let count = |text: &str| violations("binding-service", &file("bindings/c/src/lib.rs", text)).len();
    assert_eq!(count("Throttling\nin(Throttling.User)\n"), 2);
    assert_eq!(count("NoThrottling\n"), 0);
    let count = |text: &str| violations("machine-path", &file("README.md", text)).len();
    assert_eq!(count(concat!("file:///ro", "ot/x\n(/ro", "ot/)\n")), 2);
    assert_eq!(count(concat!("a/ro", "ot/x\n")), 0);
}

#[test]
fn comments_are_not_code() {
    let count = |text: &str| violations("binding-service", &file("bindings/c/src/lib.rs", text)).len();
    for comment in ["// aliyuncs", "  # aliyuncs", " * aliyuncs"] {
        assert_eq!(count(comment), 0, "{comment}");
    }
    for code in ["#[aliyuncs]", "#![aliyuncs]", "#!/bin/aliyuncs", "let url = \"http://aliyuncs\"; // x"] {
        assert_eq!(count(code), 1, "{code}");
    }
}
