//! The public API of the facade: each item has a comment, and a file lists all of them, so that a
//! review sees a change of the API.

#![allow(clippy::indexing_slicing, reason = "a missing member of a `serde_json::Value` is null")]

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use fs_err as fs;
use serde_json::Value;

use super::toolchain::swift;
use crate::run::{process, say};
use crate::workspace::Workspace;

const FILE: &str = "bindings/swift/api.txt";

/// The protocol that every type conforms to unless it says otherwise.
const IMPLIED: &str = "Swift.Copyable";

fn members(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

/// The symbols of a graph without those that the compiler adds to every type of some kind.
fn symbols(graph: &Value) -> impl Iterator<Item = &Value> {
    let is_synthesized = |symbol: &&Value| symbol["identifier"]["precise"].to_string().contains("::SYNTHESIZED::");
    members(&graph["symbols"]).filter(move |symbol| !is_synthesized(symbol))
}

/// `Client.close()`
fn name(symbol: &Value) -> String {
    members(&symbol["pathComponents"]).filter_map(Value::as_str).collect::<Vec<_>>().join(".")
}

/// Compares the API with the file, which `DEVCRED_WRITE=1` rewrites.
pub(super) fn check(workspace: &Workspace, package: &Path, modules: &Path) -> Result<()> {
    let folder = workspace.target.join("swift/api");
    fs::create_dir_all(&folder)?;
    let mut command = swift(workspace)?;
    command.args(["symbolgraph-extract", "-module-name", "Devcred", "-minimum-access-level", "public"]);
    command.arg("-target").arg(format!("{}-pc-linux-gnu", std::env::consts::ARCH));
    command.arg("-I").arg(modules).arg("-I").arg(package.join("Sources/DevcredFFI")).arg("-output-dir").arg(&folder);
    process::run(&mut command)?;
    let graph = serde_json::from_str(&fs::read_to_string(folder.join("Devcred.symbols.json"))?)?;
    let bare = undocumented(&graph);
    ensure!(bare.is_empty(), "these items have no comment: {}", bare.join(", "));
    compare(&workspace.root.join(FILE), &text(&graph))
}

fn undocumented(graph: &Value) -> Vec<String> {
    symbols(graph).filter(|symbol| symbol["docComment"].is_null()).map(name).collect()
}

/// Returns a line for each item, and for each protocol of another module that a type conforms to.
fn text(graph: &Value) -> String {
    let mut lines = BTreeSet::new();
    for symbol in symbols(graph) {
        let (name, id) = (name(symbol), &symbol["identifier"]["precise"]);
        let declaration: String =
            members(&symbol["declarationFragments"]).filter_map(|part| part["spelling"].as_str()).collect();
        lines.insert(format!("{name} | {declaration}\n"));
        let conformances =
            members(&graph["relationships"]).filter(|kin| kin["kind"] == "conformsTo" && kin["source"] == *id);
        let protocols = conformances.filter_map(|conformance| conformance["targetFallback"].as_str());
        lines.extend(protocols.filter(|name| *name != IMPLIED).map(|protocol| format!("{name} : {protocol}\n")));
    }
    lines.into_iter().collect()
}

fn compare(file: &Path, api: &str) -> Result<()> {
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        return Ok(fs::write(file, api)?);
    }
    let known = fs::read_to_string(file).unwrap_or_default();
    let (known, found): (BTreeSet<_>, BTreeSet<_>) = (known.lines().collect(), api.lines().collect());
    known.difference(&found).for_each(|line| say!("- {line}"));
    found.difference(&known).for_each(|line| say!("+ {line}"));
    let hint = "`DEVCRED_WRITE=1 cargo xtask test --lang swift` rewrites it";
    ensure!(known == found, "{FILE} differs from the API of the sources: {hint}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = r#"{
        "symbols": [
            {"identifier": {"precise": "s:C"}, "pathComponents": ["Client"], "docComment": {"lines": []},
             "declarationFragments": [{"spelling": "class"}, {"spelling": " "}, {"spelling": "Client"}]},
            {"identifier": {"precise": "s:C5close"}, "pathComponents": ["Client", "close()"],
             "declarationFragments": [{"spelling": "func close()"}]},
            {"identifier": {"precise": "s:hash::SYNTHESIZED::s:C"}, "pathComponents": ["Client", "hash(into:)"],
             "declarationFragments": [{"spelling": "func hash"}]}
        ],
        "relationships": [
            {"kind": "conformsTo", "source": "s:C", "target": "s:s8SendableP", "targetFallback": "Swift.Sendable"},
            {"kind": "memberOf", "source": "s:C5close", "target": "s:C"}
        ]}"#;

    #[test]
    fn an_item_without_a_comment_is_found() {
        let graph = serde_json::from_str(GRAPH).expect("it is a graph");
        assert_eq!(undocumented(&graph), ["Client.close()"]);
    }

    #[test]
    fn every_item_and_every_protocol_has_a_line() {
        let graph = serde_json::from_str(GRAPH).expect("it is a graph");
        assert_eq!(text(&graph), "Client : Swift.Sendable\nClient | class Client\nClient.close() | func close()\n");
    }

    #[test]
    fn another_api_than_the_known_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("api.txt");
        fs::write(&file, "a\nb\n").expect("it can be written");
        assert!(compare(&file, "a\nb\n").is_ok());
        assert!(compare(&file, "a\n").is_err());
        assert!(compare(&file, "a\nb\nc\n").is_err());
    }
}
