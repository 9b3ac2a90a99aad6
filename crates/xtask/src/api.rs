//! The core's public API shows no type of another crate: such a type would make that crate's next version a break of ours.
//!
//! rustdoc's JSON says exactly what is public. It is unstable, so it is asked for by `RUSTC_BOOTSTRAP`, and a newer
//! pinned Rust may change it: then `FORMAT` says so, and what is read here must be compared with the new format.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::output::say;
use crate::workspace::Workspace;
use crate::{check, files, process};

const PACKAGE: &str = "devcred";

/// The crates whose types may be seen. serde's are those of the feature of that name.
const ALLOWED: &[&str] = &["std", "core", "alloc", PACKAGE, "serde", "serde_core"];

/// The version of rustdoc's JSON that this file was written for.
const FORMAT: u64 = 57;

#[derive(Deserialize)]
struct Documentation {
    format_version: u64,
    index: HashMap<String, Item>,
    paths: HashMap<String, PathSummary>,
    external_crates: HashMap<String, ExternalCrate>,
}

#[derive(Deserialize)]
struct Item {
    crate_id: u64,
    name: Option<String>,
    span: Option<Span>,
    inner: Value,
}

#[derive(Deserialize)]
struct Span {
    filename: String,
    begin: (u64, u64),
}

#[derive(Deserialize)]
struct PathSummary {
    crate_id: u64,
    path: Vec<String>,
}

#[derive(Deserialize)]
struct ExternalCrate {
    name: String,
}

/// Looks at every public item of the core with all of its features.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    // The variable is for rustdoc alone: with it, build scripts and all that depends on them would be built again.
    let rustdoc = workspace.target.join("api/rustdoc");
    files::write_starter(&rustdoc, None, "env RUSTC_BOOTSTRAP=1 rustdoc")?;
    let mut command = check::document(workspace);
    command.env("RUSTDOC", rustdoc).env("RUSTDOCFLAGS", "-Z unstable-options --output-format json");
    process::run(&mut command)?;
    let file = workspace.target.join("doc").join(format!("{PACKAGE}.json"));
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let findings = foreign(&text)?;
    for finding in &findings {
        say!("{finding}");
    }
    if !findings.is_empty() {
        bail!(
            "{} public items of {PACKAGE} show types of other crates: wrap them, or make the items private",
            findings.len()
        );
    }
    Ok(())
}

/// A line for each public item that names a type or trait of a crate that is not allowed.
fn foreign(json: &str) -> Result<Vec<String>> {
    let format =
        "the JSON of rustdoc cannot be read; its format may have changed with the pinned Rust: see api.rs in xtask";
    let documentation: Documentation = serde_json::from_str(json).context(format)?;
    if documentation.format_version != FORMAT {
        bail!("{format} (version {}, and {FORMAT} was expected)", documentation.format_version);
    }
    let mut findings = Vec::new();
    for item in documentation.index.values().filter(|item| item.crate_id == 0 && !is_automatic(&item.inner)) {
        let mut named = Vec::new();
        ids(&item.inner, &mut named);
        for id in named {
            let Some(summary) = documentation.paths.get(&id.to_string()) else {
                continue;
            };
            let external = documentation.external_crates.get(&summary.crate_id.to_string());
            if external.is_some_and(|external| !ALLOWED.contains(&external.name.as_str())) {
                let place =
                    item.span.as_ref().map_or_else(String::new, |span| format!("{}:{}: ", span.filename, span.begin.0));
                let name = item.name.as_deref().unwrap_or_else(|| kind(&item.inner));
                findings.push(format!("{place}{name} shows {}", summary.path.join("::")));
            }
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// `impl` or `use`: what an item is that has no name.
fn kind(inner: &Value) -> &str {
    inner.as_object().and_then(|members| members.keys().next()).map_or("an item", String::as_str)
}

/// Whether it is an `impl` that nobody wrote here: an auto trait's, or another crate's for every type.
fn is_automatic(inner: &Value) -> bool {
    inner.get("impl").is_some_and(|block| {
        block.get("is_synthetic") == Some(&Value::Bool(true))
            || block.get("blanket_impl").is_some_and(|of| !of.is_null())
    })
}

/// The ids of all types and traits that are named: in an object with a `path`, or in a `use` with its `source`.
fn ids(value: &Value, found: &mut Vec<u64>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("path") || members.contains_key("source") {
                found.extend(members.get("id").and_then(Value::as_u64));
            }
            members.values().for_each(|member| ids(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| ids(element, found)),
        _ => {}
    }
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
        let findings = foreign(&crate_with(&function(1))).expect("it is readable");
        assert_eq!(findings, ["src/lib.rs:7: leak shows serde_json::value::Value"]);
    }

    #[test]
    fn types_of_std_and_of_the_crate_itself_may_be_seen() {
        for id in [2, 3] {
            assert!(foreign(&crate_with(&function(id))).expect("it is readable").is_empty());
        }
    }

    #[test]
    fn a_re_export_of_another_crate_is_found() {
        let findings = foreign(&crate_with(r#"{"use": {"source": "serde_json::Value", "name": "Value", "id": 1}}"#));
        assert_eq!(findings.expect("it is readable").len(), 1);
    }

    #[test]
    fn an_impl_of_another_crates_trait_is_found_but_not_one_that_nobody_wrote() {
        let block = |blanket: &str, synthetic: bool| {
            crate_with(&format!(
                r#"{{"impl": {{"trait": {{"path": "T", "id": 1}}, "blanket_impl": {blanket}, "is_synthetic": {synthetic}}}}}"#
            ))
        };
        assert_eq!(foreign(&block("null", false)).expect("it is readable").len(), 1);
        assert_eq!(foreign(&block(r#"{"generic": "T"}"#, false)).expect("it is readable").len(), 0);
        assert_eq!(foreign(&block("null", true)).expect("it is readable").len(), 0);
    }

    #[test]
    fn another_format_is_an_error_and_no_silent_pass() {
        assert!(foreign(&crate_with(&function(2)).replace("57", "58")).is_err());
        assert!(foreign("{}").is_err());
    }
}
