//! The rules that no table of words can say.

use super::Found;
use super::rule::Members;
use super::rules::SOURCES;
use super::tree::{Member, Tree};

pub(super) fn cdylib_alone(tree: &Tree) -> Vec<Found> {
    let bindings = tree.members.iter().filter(|member| Members::Under("bindings/").selects(member));
    let has = |member: &Member, types: [&str; 2]| member.library.iter().any(|kind| types.contains(&kind.as_str()));
    bindings
        .filter(|member| has(member, ["cdylib", "staticlib"]) && has(member, ["lib", "rlib"]))
        .map(|member| Found { place: member.manifest(), what: format!("has crate-type {:?}", member.library) })
        .collect()
}

pub(super) fn unsafe_not_forbidden(tree: &Tree) -> Vec<Found> {
    let members = tree.members.iter().filter(|member| Members::Under("crates/").selects(member));
    members
        .flat_map(|member| &member.roots)
        .filter(|root| !tree.text(root).lines().any(|line| line == "#![forbid(unsafe_code)]"))
        .map(|root| Found { place: root.clone(), what: "does not forbid unsafe code".to_owned() })
        .collect()
}

pub(super) fn lints_not_inherited(tree: &Tree) -> Vec<Found> {
    let manifests = tree.members.iter().map(Member::manifest);
    manifests
        .filter(|manifest| !tree.text(manifest).replace('\r', "").contains("[lints]\nworkspace = true\n"))
        .map(|place| Found { place, what: "does not take the lints of the workspace".to_owned() })
        .collect()
}

pub(super) fn long_files(tree: &Tree) -> Vec<Found> {
    let sources = tree.files.iter().filter(|file| SOURCES.selects(&file.path));
    sources
        .filter(|file| file.text.lines().count() > 400)
        .filter(|file| !file.text.lines().take(10).any(|line| line.contains("Long because ")))
        .map(|file| Found { place: file.path.clone(), what: format!("has {} lines", file.text.lines().count()) })
        .collect()
}
