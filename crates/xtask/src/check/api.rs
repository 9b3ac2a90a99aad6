//! The core's public API contains no type of another crate: otherwise that crate's next major
//! version would break the core's users.
//!
//! rustdoc's JSON lists what is public. It is unstable, so `RUSTC_BOOTSTRAP` enables it, and a
//! newer pinned Rust may change it: then compare the code below with the new format, and change
//! `FORMAT`. cargo-check-external-types reads it as well, but building that tool takes longer than
//! all of this check.

#![allow(clippy::indexing_slicing, reason = "a missing member of a `serde_json::Value` is null")]

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::check;
use crate::run::{files, process, say};
use crate::workspace::Workspace;

/// The crates whose types may be public. serde's are those of the feature of that name.
const ALLOWED: &[&str] = &["std", "core", "alloc", "devcred", "serde", "serde_core"];

/// The version of rustdoc's JSON that this file was written for.
const FORMAT: u64 = 57;

/// Checks every public item of the core with all of its features.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    // Only rustdoc gets the variable: with it, cargo would build the build scripts again, and
    // everything that depends on them.
    let rustdoc = workspace.target.join("api/rustdoc");
    files::write_starter(&rustdoc, None, "env RUSTC_BOOTSTRAP=1 rustdoc")?;
    let mut command = check::document(workspace);
    command.env("RUSTDOC", rustdoc).env("RUSTDOCFLAGS", "-Z unstable-options --output-format json");
    process::run(&mut command)?;
    let found = foreign_types(&fs::read_to_string(workspace.target.join("doc/devcred.json"))?)?;
    found.iter().for_each(|line| say!("{line}"));
    ensure!(found.is_empty(), "public items contain types of other crates: wrap the types, or make the items private");
    Ok(())
}

/// Returns a line for each public item that names a type or trait of a crate that is not allowed.
fn foreign_types(json: &str) -> Result<BTreeSet<String>> {
    let documentation: Value = serde_json::from_str(json)?;
    let [version, index, paths, crates] =
        ["format_version", "index", "paths", "external_crates"].map(|name| &documentation[name]);
    ensure!(
        *version == FORMAT && index.is_object(),
        "rustdoc's JSON has version {version}, not {FORMAT}: see api.rs in xtask"
    );
    let mut found = BTreeSet::new();
    for item in index.as_object().into_iter().flat_map(|items| items.values()) {
        let mut named = Vec::new();
        if item["crate_id"] == 0 && !is_automatic(&item["inner"]["impl"]) {
            ids(&item["inner"], &mut named);
        }
        for id in named {
            let path = &paths[id.to_string()];
            let origin = crates[path["crate_id"].to_string()]["name"].as_str();
            if origin.is_some_and(|name| !ALLOWED.contains(&name)) {
                let (span, name) = (&item["span"], item["name"].as_str().unwrap_or("an impl or a use"));
                let file = span["filename"].as_str().unwrap_or_default();
                found.insert(format!("{file}:{}: {name} contains {}", span["begin"][0], path["path"]));
            }
        }
    }
    Ok(found)
}

/// Whether it is an `impl` that is not in the source: an auto trait's, or another crate's for every
/// type.
fn is_automatic(block: &Value) -> bool {
    block["is_synthetic"] == true || !block["blanket_impl"].is_null()
}

/// Collects the ids of all types and traits that are named: in an object with a `path`, or in a
/// `use` with its `source`.
fn ids(value: &Value, found: &mut Vec<u64>) {
    if let Value::Object(members) = value {
        if members.contains_key("path") || members.contains_key("source") {
            found.extend(members.get("id").and_then(Value::as_u64));
        }
        members.values().for_each(|member| ids(member, found));
    }
    value.as_array().into_iter().flatten().for_each(|element| ids(element, found));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON of a crate with one item.
    fn crate_with(inner: &str) -> String {
        format!(
            r#"{{"format_version": 57,
                "index": {{"5": {{"crate_id": 0, "name": "leak", "span": {{"filename": "src/lib.rs", "begin": [7, 1]}}, "inner": {inner}}}}},
                "paths": {{"1": {{"crate_id": 20, "path": ["serde_json", "value", "Value"]}},
                           "2": {{"crate_id": 1, "path": ["std", "time", "Duration"]}},
                           "3": {{"crate_id": 0, "path": ["devcred", "Secret"]}}}},
                "external_crates": {{"1": {{"name": "std"}}, "20": {{"name": "serde_json"}}}}}}"#
        )
    }

    fn function(id: u64) -> String {
        format!(
            r#"{{"function": {{"sig": {{"output": {{"resolved_path": {{"path": "Option", "id": 2, "args": {{"angle_bracketed":
                {{"args": [{{"type": {{"resolved_path": {{"path": "X", "id": {id}, "args": null}}}}}}]}}}}}}}}}}}}}}"#
        )
    }

    #[test]
    fn a_type_of_another_crate_in_a_signature_is_found() {
        let findings = foreign_types(&crate_with(&function(1))).expect("it is readable");
        assert_eq!(findings, [r#"src/lib.rs:7: leak contains ["serde_json","value","Value"]"#.to_owned()].into());
    }

    #[test]
    fn types_of_std_and_of_the_crate_itself_may_be_seen() {
        for id in [2, 3] {
            assert!(foreign_types(&crate_with(&function(id))).expect("it is readable").is_empty());
        }
    }

    #[test]
    fn a_re_export_of_another_crate_is_found() {
        let findings =
            foreign_types(&crate_with(r#"{"use": {"source": "serde_json::Value", "name": "Value", "id": 1}}"#));
        assert_eq!(findings.expect("it is readable").len(), 1);
    }

    #[test]
    fn an_impl_of_another_crates_trait_is_found_but_not_one_that_nobody_wrote() {
        let block = |blanket: &str, synthetic: bool| {
            crate_with(&format!(
                r#"{{"impl": {{"trait": {{"path": "T", "id": 1}}, "blanket_impl": {blanket}, "is_synthetic": {synthetic}}}}}"#
            ))
        };
        assert_eq!(foreign_types(&block("null", false)).expect("it is readable").len(), 1);
        assert_eq!(foreign_types(&block(r#"{"generic": "T"}"#, false)).expect("it is readable").len(), 0);
        assert_eq!(foreign_types(&block("null", true)).expect("it is readable").len(), 0);
    }

    #[test]
    fn another_format_is_an_error_and_no_silent_pass() {
        assert!(foreign_types(&crate_with(&function(2)).replace("57", "58")).is_err());
        assert!(foreign_types("{}").is_err());
    }
}
