//! What the documents of the repository say of its files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn the_example_of_the_readme_runs_in_the_crates_documentation() {
    let readme = document("README.md");
    let (_, example) = readme.split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let documentation = document("crates/devcred/src/lib.rs");
    let visible =
        documentation.lines().filter_map(|line| line.strip_prefix("//! ")).filter(|line| !line.starts_with('#'));
    let visible = visible.collect::<Vec<_>>().join("\n");
    assert!(visible.contains(example.trim_end()), "the crate documentation does not contain:\n{example}");
}

#[test]
fn every_file_that_the_architecture_names_exists() {
    let architecture = document("ARCHITECTURE.md");
    let (picture, text) = architecture.split_once("```mermaid").unwrap().1.split_once("```").unwrap();
    let is_path = |word: &&str| word.contains('/') && !word.contains(' ');
    let mut paths: Vec<_> = text.split('`').skip(1).step_by(2).filter(is_path).map(PathBuf::from).collect();
    let words = picture.split(['"', ' ', ',', ':']).filter(|word| word.ends_with(".rs") || word.ends_with('/'));
    paths.extend(words.map(|word| PathBuf::from("crates/devcred/src").join(word)));
    assert!(paths.len() > 25, "{paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names files that do not exist: {missing:?}");
}
