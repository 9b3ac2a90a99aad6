//! What a rule can say.

use super::Found;
use super::tree::{Member, Tree};

/// A rule that a program can check.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) find: Find,
    /// What to do where it is broken, and why.
    pub(super) instead: &'static str,
}

/// What breaks a rule.
pub(super) enum Find {
    /// One of these packages depends on one of those.
    Dependency { of: Members, on: &'static [&'static str], dev_too: bool },
    /// One of these files has one of these words.
    Word { within: Files, words: &'static [&'static str], in_comments: bool },
    /// Anything else.
    Function(fn(&Tree) -> Vec<Found>),
}

/// Some members of the workspace.
pub(super) enum Members {
    Under(&'static str),
    Named(&'static str),
}

impl Members {
    pub(super) fn selects(&self, member: &Member) -> bool {
        match self {
            Self::Under(folder) => member.folder.starts_with(folder),
            Self::Named(name) => member.name == *name,
        }
    }
}

/// Some files: below one of `under` (or there itself), with one of `endings`, and with none of `except` in its path.
pub(super) struct Files {
    pub(super) under: &'static [&'static str],
    pub(super) endings: &'static [&'static str],
    pub(super) except: &'static [&'static str],
}

impl Files {
    pub(super) fn selects(&self, path: &str) -> bool {
        self.under.iter().any(|under| path.starts_with(under))
            && self.endings.iter().any(|ending| path.ends_with(ending))
            && !self.except.iter().any(|except| path.contains(except))
    }
}
