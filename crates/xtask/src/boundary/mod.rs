//! What a crate or a binding may hold, as far as a program can tell: `rules.rs` is the list.

mod files;
mod rule;
mod rules;
mod structure;
#[cfg(test)]
mod tests;
mod tree;

use anyhow::{Result, bail};

use self::rule::{Find, Rule};
use self::rules::RULES;
use self::tree::{Member, SourceFile, Tree};
use crate::output::say;
use crate::workspace::Workspace;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// `crates/devcred/src/rate_limit.rs:12`
    place: String,
    what: String,
}

/// Looks at every file and every member of the workspace by every rule.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tree = Tree::load(workspace)?;
    say!("{} files, {} packages, {} rules", tree.files.len(), tree.members.len(), RULES.len());
    let mut broken = 0;
    for rule in RULES {
        let found = find(rule, &tree);
        broken += found.len();
        for Found { place, what } in &found {
            say!("{place}: {what} [{}]", rule.name);
        }
        if !found.is_empty() {
            say!("  {}", rule.instead);
        }
    }
    if broken > 0 {
        bail!("{broken} places break a rule; below each rule's places stands what to do");
    }
    Ok(())
}

fn find(rule: &Rule, tree: &Tree) -> Vec<Found> {
    match &rule.find {
        Find::Dependency { of, on, dev_too } => {
            let members = tree.members.iter().filter(|member| of.selects(member));
            members.flat_map(|member| dependencies(member, on, *dev_too)).collect()
        }
        Find::Word { within, words, in_comments } => {
            let files = tree.files.iter().filter(|file| within.selects(&file.path));
            files.flat_map(|file| occurrences(file, words, *in_comments)).collect()
        }
        Find::Function(function) => function(tree),
    }
}

fn dependencies(member: &Member, refused: &[&str], dev_too: bool) -> Vec<Found> {
    let refused = member.dependencies.iter().filter(|dependency| {
        let counts = dev_too || dependency.kind.as_deref() != Some("dev");
        counts && refused.contains(&dependency.name.as_str())
    });
    let found = |name: &str| Found { place: member.manifest(), what: format!("depends on {name}") };
    refused.map(|dependency| found(&dependency.name)).collect()
}

fn occurrences(file: &SourceFile, words: &[&str], in_comments: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let end = if in_comments { usize::MAX } else { lines_of_code(&file.text) };
    for (number, line) in (1..).zip(file.text.lines().take(end)) {
        let text = if in_comments { line } else { code(line) };
        for word in words.iter().filter(|word| has_word(text, word)) {
            found.push(Found { place: format!("{}:{number}", file.path), what: format!("names `{word}`") });
        }
    }
    found
}

/// How many lines stand before the unit tests at the end of a file: `#[cfg(test)]` and then `mod tests {`.
fn lines_of_code(text: &str) -> usize {
    let next = text.lines().skip(1);
    let is_test_module =
        |(line, next): (&str, &str)| line == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{');
    text.lines().zip(next).position(is_test_module).unwrap_or(usize::MAX)
}

/// The part of a line before its comment. Comments of more lines are told by the `*` that begins each of them.
fn code(line: &str) -> &str {
    let start = line.trim_start();
    if start.starts_with('#') && !start.starts_with("#[") && !start.starts_with("#!") || start.starts_with('*') {
        return "";
    }
    // The slashes of a URL are none.
    line.match_indices("//")
        .find(|(at, _)| !line.get(..*at).is_some_and(|before| before.ends_with(':')))
        .map_or(line, |(at, _)| line.get(..at).unwrap_or(line))
}

/// Whether the word stands there as a word: `sha1` does not stand in `sha1sum`, nor `/x/` in `a/x/`.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        let closed = !word.ends_with(is_name) || !after.is_some_and(is_name);
        closed && !before.is_some_and(is_name)
    })
}
