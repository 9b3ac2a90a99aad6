//! Each rule is seen to fail on a bad sample, and to let a good one pass that looks like it.

use cargo_metadata::Package;
use serde_json::json;

use super::{PURE, RULES, SourceFile, Tree, code, has_word};
use crate::workspace::Workspace;

fn file(path: &str, text: &str) -> Tree {
    let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
    Tree { files: vec![file], ..Tree::default() }
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
    let mut tree = package(folder, &[]);
    tree.files = [(format!("{folder}/src/lib.rs"), root), (format!("{folder}/Cargo.toml"), manifest)]
        .map(|(path, text)| SourceFile { path, text: text.to_owned() })
        .into();
    tree
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
            rooted("tests/bench", "", "[lints.clippy]\n"),
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

fn violations(name: &str, tree: &Tree) -> Vec<String> {
    let rule = RULES.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("there is no rule {name}"));
    (rule.find)(tree)
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
    let sampled: Vec<_> = samples().iter().map(|(name, _, _)| *name).collect();
    assert_eq!(RULES.iter().map(|rule| rule.name).collect::<Vec<_>>(), sampled);
}

#[test]
fn a_finding_names_file_line_and_word() {
    let tree = file("bindings/c/src/lib.rs", "//! x\n\nfn x() { std::env::var(\"X\") }\n");
    let found = violations("binding-environment", &tree);
    assert_eq!(found, ["bindings/c/src/lib.rs:3: contains `std::env`", "bindings/c/src/lib.rs:3: contains `env::var`"]);
}

#[test]
fn every_pure_stage_is_there() {
    let tree = Tree::load(&Workspace::load().expect("cargo metadata works")).expect("it can be read");
    for stage in PURE.under.split(' ') {
        assert!(tree.files.iter().any(|file| file.path.starts_with(stage)), "{stage} has moved: name its new place");
    }
}

#[test]
fn build_dependencies_count_as_dependencies() {
    assert_eq!(violations("binding-dependencies", &package("bindings/c", &["build:serde_json"])).len(), 1);
}

#[test]
fn the_unit_tests_at_the_end_of_a_file_may_read_the_clock() {
    let tests = "fn turn() {}\n\n#[cfg(test)]\nmod tests {\n    fn x() { Instant::now(); }\n}\n";
    assert_eq!(violations("pure-core", &file("crates/devcred/src/rate_limit.rs", tests)), [""; 0]);
    let code = "#[cfg(test)]\nmod tests;\nfn turn() { Instant::now(); }\n";
    assert_eq!(violations("pure-core", &file("crates/devcred/src/rate_limit.rs", code)).len(), 1);
}

#[test]
fn words_are_whole() {
    assert!(has_word("use sha1::Sha1;", "sha1"));
    assert!(!has_word("sha1sum", "sha1"));
    assert!(!has_word("my_sha1", "sha1"));
    assert!(has_word("file:///x/y", "/x/"));
    assert!(!has_word("a/x/y", "/x/"));
}

#[test]
fn comments_are_no_code_and_urls_are_no_comments() {
    assert_eq!(code("let a = 1; // getrandom"), "let a = 1; ");
    assert_eq!(code("let a = \"http://x\"; // y"), "let a = \"http://x\"; ");
    assert_eq!(code("  # python"), "");
    assert_eq!(code(" * in a block"), "");
    assert_eq!(code("#[cfg(x)]"), "#[cfg(x)]");
    assert_eq!(code("#!/bin/sh"), "#!/bin/sh");
}
