//! The example of README.md is the one that the crate documentation compiles and runs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[test]
fn the_example_of_the_readme_runs() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let readme = std::fs::read_to_string(format!("{folder}/../../README.md")).unwrap();
    let (_, example) = readme.split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let documentation = std::fs::read_to_string(format!("{folder}/src/lib.rs")).unwrap();
    let visible =
        documentation.lines().filter_map(|line| line.strip_prefix("//! ")).filter(|line| !line.starts_with('#'));
    let visible = visible.collect::<Vec<_>>().join("\n");
    assert!(visible.contains(example.trim_end()), "the crate documentation does not hold:\n{example}");
}
