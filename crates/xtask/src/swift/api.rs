//! The public API of the facade: each item is documented, and all of them stand in a file, so that a change of the API is seen in
//! review.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::root::SwiftRoot;
use crate::output::say;
use crate::process;
use crate::workspace::Workspace;

const FILE: &str = "bindings/swift/api.txt";

/// What every type is unless it says otherwise.
const IMPLIED: &str = "Swift.Copyable";

/// The part of Swift's symbol graph that is read here.
#[derive(Deserialize)]
struct Graph {
    symbols: Vec<Symbol>,
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Symbol {
    identifier: Identifier,
    path_components: Vec<String>,
    declaration_fragments: Vec<Fragment>,
    doc_comment: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Identifier {
    precise: String,
}

#[derive(Deserialize)]
struct Fragment {
    spelling: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    kind: String,
    source: String,
    target_fallback: Option<String>,
}

impl Symbol {
    fn name(&self) -> String {
        self.path_components.join(".")
    }

    /// Whether it is the standard library's own, for every type that has what it takes.
    fn is_synthesized(&self) -> bool {
        self.identifier.precise.contains("::SYNTHESIZED::")
    }
}

/// Compares the API with the checked-in one, which `DEVCRED_WRITE=1` writes anew.
pub(super) fn check(workspace: &Workspace, root: &SwiftRoot, package: &Path, modules: &Path) -> Result<()> {
    let folder = workspace.target.join("swift/api");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut command = root.swift(workspace);
    command.args(["symbolgraph-extract", "-module-name", "Devcred", "-minimum-access-level", "public"]);
    command.arg("-target").arg(format!("{}-pc-linux-gnu", std::env::consts::ARCH));
    command.arg("-I").arg(modules).arg("-I").arg(package.join("Sources/DevcredFFI")).arg("-output-dir").arg(&folder);
    process::run(&mut command)?;
    let graph = folder.join("Devcred.symbols.json");
    let graph = fs::read_to_string(&graph).with_context(|| format!("cannot read {}", graph.display()))?;
    let graph: Graph = serde_json::from_str(&graph).context("the symbol graph cannot be read")?;
    let bare = undocumented(&graph);
    if !bare.is_empty() {
        bail!("without a comment: {}", bare.join(", "));
    }
    compare(&workspace.root.join(FILE), &text(&graph))
}

fn undocumented(graph: &Graph) -> Vec<String> {
    let bare = graph.symbols.iter().filter(|symbol| !symbol.is_synthesized() && symbol.doc_comment.is_none());
    bare.map(Symbol::name).collect()
}

/// A line for each item, and for each protocol of another module that a type conforms to.
fn text(graph: &Graph) -> String {
    let mut lines = BTreeSet::new();
    for symbol in graph.symbols.iter().filter(|symbol| !symbol.is_synthesized()) {
        let declaration: String = symbol.declaration_fragments.iter().map(|part| part.spelling.as_str()).collect();
        lines.insert(format!("{} | {declaration}", symbol.name()));
        let conforms = |of: &&Relationship| of.kind == "conformsTo" && of.source == symbol.identifier.precise;
        for conformance in graph.relationships.iter().filter(conforms) {
            if let Some(protocol) = conformance.target_fallback.as_ref().filter(|name| *name != IMPLIED) {
                lines.insert(format!("{} : {protocol}", symbol.name()));
            }
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn compare(file: &Path, api: &str) -> Result<()> {
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        return fs::write(file, api).with_context(|| format!("cannot write {FILE}"));
    }
    let known = fs::read_to_string(file).unwrap_or_default();
    let of = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (known, found) = (of(&known), of(api));
    known.difference(&found).for_each(|line| say!("- {line}"));
    found.difference(&known).for_each(|line| say!("+ {line}"));
    if known != found {
        bail!("{FILE} is not the API of these sources: DEVCRED_WRITE=1 writes it anew");
    }
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
