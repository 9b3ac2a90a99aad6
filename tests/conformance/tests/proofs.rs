//! Each fault and promise in tests/proofs.json has a proof: a case, which runs in every language,
//! or tests of one language.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use devcred_conformance::case;
use devcred_conformance::language;
use devcred_conformance::suite::cases_folder;
use serde::Deserialize;

const TABLE_BEGINS: &str =
    "<!-- The table of proofs: DEVCRED_WRITE=1 cargo test -p devcred-conformance --test proofs writes it. -->\n";
const TABLE_ENDS: &str = "<!-- The end of the table of proofs. -->\n";
/// The number of faults that must be proved in every language.
const IN_EVERY_LANGUAGE: usize = 39;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    title: String,
    /// Why it has no proof.
    unproved: Option<String>,
    /// Tests by language, each as `file: name`.
    #[serde(default)]
    tests: BTreeMap<String, Vec<String>>,
    /// The files of the cases that prove it, each with the number of cases. Not in proofs.json.
    #[serde(skip)]
    cases: BTreeMap<String, usize>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the entries in the order of their ids, with the cases that prove them, and the unknown
/// ids in cases.
fn entries() -> (Vec<(String, Entry)>, Vec<String>) {
    let text = fs::read_to_string(root().join("tests/proofs.json")).unwrap();
    let mut entries: BTreeMap<String, Entry> = serde_json::from_str(&text).unwrap();
    let mut unknown = Vec::new();
    for (name, case) in case::read_all(&cases_folder()).unwrap() {
        let file = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        for id in case.map(|case| case.proves).unwrap_or_default() {
            match entries.get_mut(&id) {
                Some(entry) => *entry.cases.entry(file.clone()).or_default() += 1,
                None => unknown.push(format!("{name} proves {id}")),
            }
        }
    }
    let mut entries: Vec<_> = entries.into_iter().collect();
    let number = |id: &str| id.strip_prefix('F').and_then(|number| number.parse::<u32>().ok()).unwrap_or(u32::MAX);
    entries.sort_by(|(one, _), (other, _)| number(one).cmp(&number(other)).then(one.cmp(other)));
    (entries, unknown)
}

fn languages() -> Vec<&'static str> {
    language::all("").iter().map(|language| language.name).collect()
}

fn is_fault(id: &str) -> bool {
    id.starts_with('F')
}

#[test]
fn every_entry_is_proved_or_says_why_not() {
    let (entries, mut wrong) = entries();
    for (id, entry) in &entries {
        let is_proved = !entry.cases.is_empty() || !entry.tests.is_empty();
        if is_proved == entry.unproved.is_some() {
            wrong.push(format!("{id} has a proof: {is_proved}; it has a reason for having none: {}", !is_proved));
        }
    }
    assert!(wrong.is_empty(), "tests/proofs.json:\n{}", wrong.join("\n"));
}

#[test]
fn every_test_that_is_named_exists() {
    let mut wrong = Vec::new();
    for (id, entry) in entries().0 {
        for (language, tests) in entry.tests {
            let is_known = languages().contains(&language.as_str());
            for test in tests {
                let (file, name) = test.split_once(": ").unwrap_or((&test, ""));
                let text = fs::read_to_string(root().join(file)).unwrap_or_default();
                if !is_known || name.is_empty() || !text.contains(name) {
                    wrong.push(format!("{id}, {language}: {test}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no such test:\n{}", wrong.join("\n"));
}

#[test]
fn enough_faults_are_proved_in_every_language() {
    let (entries, _) = entries();
    let faults: Vec<_> = entries.iter().filter(|(id, _)| is_fault(id)).collect();
    for language in languages() {
        let proved = |(_, entry): &&&(String, Entry)| !entry.cases.is_empty() || entry.tests.contains_key(language);
        let proved = faults.iter().filter(proved).count();
        assert!(proved >= IN_EVERY_LANGUAGE, "{language}: {proved} faults");
    }
}

#[test]
fn the_table_in_the_readme_is_current() {
    let file = root().join("tests/README.md");
    let readme = fs::read_to_string(&file).unwrap();
    let (before, rest) = readme.split_once(TABLE_BEGINS).unwrap();
    let (written, after) = rest.split_once(TABLE_ENDS).unwrap();
    let table = table(&entries().0);
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        fs::write(&file, [before, TABLE_BEGINS, &table, TABLE_ENDS, after].concat()).unwrap();
    } else {
        assert!(written == table, "tests/README.md is not what the cases prove; DEVCRED_WRITE=1 writes it");
    }
}

fn table(entries: &[(String, Entry)]) -> String {
    let mut table =
        "\n| | fault or promise | cases, in every language | tests of one language |\n|---|---|---|---|\n".to_owned();
    for (id, Entry { title, unproved, tests, cases }) in entries {
        let counted = |(file, count): (&String, &usize)| match count {
            1 => format!("`{file}`"),
            count => format!("`{file}` ({count})"),
        };
        let cases: Vec<_> = cases.iter().map(counted).collect();
        let tests: Vec<_> = tests.iter().map(|(language, tests)| format!("{language}: {}", files(tests))).collect();
        let tests = unproved.as_ref().map_or(tests.join("; "), |reason| format!("*{reason}*"));
        let _ = writeln!(table, "| {id} | {title} | {} | {tests} |", cases.join(", "));
    }
    let count = |language: &str| {
        let proved = |(id, entry): &&(String, Entry)| {
            is_fault(id) && (!entry.cases.is_empty() || entry.tests.contains_key(language))
        };
        format!("{language} {}", entries.iter().filter(proved).count())
    };
    let faults = entries.iter().filter(|(id, _)| is_fault(id)).count();
    let counts: Vec<_> = languages().into_iter().map(count).collect();
    let _ = writeln!(table, "\nProved of the {faults} faults: {}.\n", counts.join(", "));
    table
}

/// Returns the names of the tests' files, each once.
fn files(tests: &[String]) -> String {
    let file =
        |test: &String| test.split(": ").next().and_then(|file| file.rsplit('/').next()).unwrap_or_default().to_owned();
    let files: BTreeSet<_> = tests.iter().map(|test| format!("`{}`", file(test))).collect();
    files.into_iter().collect::<Vec<_>>().join(", ")
}
