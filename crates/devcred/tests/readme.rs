//! The pages of the repository: their examples, links and file names.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The pages of which the first example is a complete program, which the tests run.
const EXAMPLES: [(&str, &str, &str); 7] = [
    ("README.md", "rust", "rust/src/main.rs"),
    ("bindings/c/README.md", "c", "c/get.c"),
    ("bindings/python/README.md", "python", "python/get.py"),
    ("bindings/node/README.md", "js", "node/get.mjs"),
    ("bindings/kotlin/README.md", "kotlin", "kotlin/Get.kt"),
    ("bindings/kotlin/README.md", "java", "java/Get.java"),
    ("bindings/swift/README.md", "swift", "swift/Sources/get/main.swift"),
];

#[test]
fn the_first_example_of_a_page_is_the_complete_program() {
    for (page, language, file) in EXAMPLES {
        let program = document(&format!("examples/{file}"));
        // What precedes the imports is a comment, and what only the tests need.
        let is_import = |line: &&str| ["use ", "#include ", "import "].iter().any(|word| line.starts_with(word));
        let start = program.lines().find(is_import).unwrap();
        let program = program.get(program.find(start).unwrap()..).unwrap();
        let text = document(page);
        let (_, shown) = text.split_once(&format!("```{language}\n")).unwrap();
        let (shown, _) = shown.split_once("```").unwrap();
        assert_eq!(shown, program, "{page} must show examples/{file}");
        assert!(program.lines().count() <= 25, "examples/{file} is too long for {page}");
    }
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words.replace(' ', "-").chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

/// The Markdown files below a folder, except those that tools put there.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_ref())
    };
    let (folders, files): (Vec<_>, Vec<_>) = entries.filter(is_ours).partition(|path| path.is_dir());
    let here = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    here.chain(folders.iter().flat_map(|folder| pages(folder))).collect()
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let pages = pages(&root());
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let text = text.split("```").step_by(2).collect::<String>();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let (file, section) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{page:?} links to {link}");
            if !section.is_empty() {
                let target = std::fs::read_to_string(path).unwrap();
                let mut headings = target.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|heading| anchor(heading) == section), "{page:?} links to {link}");
            }
        }
    }
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
