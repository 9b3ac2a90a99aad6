//! The table of languages and their probes.

use std::process::Command;

use devcred::ErrorKind;

use crate::line::Line;

/// A language that contributes a probe.
#[derive(Clone, Debug)]
pub struct Language {
    /// The name for `--lang` and in the probe's greeting.
    pub name: &'static str,
    /// The probe: a program and its arguments.
    pub command: Vec<String>,
    /// If the facade has several forms of a call, each is a last argument of the probe, and a case
    /// passes if all do.
    pub forms: &'static [&'static str],
    /// What to do if it cannot be started.
    pub if_missing: &'static str,
}

/// Every language that has a probe, Rust first. A language adds its row here.
pub fn all(rust_probe: &str) -> Vec<Language> {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");
    // Installed with the package that is shipped, in a folder without references to the sources.
    let installed = |language: &str| vec![format!("{target}/installed/{language}/probe")];
    vec![
        Language {
            name: "rust",
            command: vec![rust_probe.to_owned()],
            forms: &[],
            if_missing: "cargo builds it with the suite: cargo test -p devcred-conformance --test suite",
        },
        Language {
            name: "c",
            command: installed("c"),
            forms: &["blocking", "callback"],
            if_missing: "cargo xtask test --lang c builds it",
        },
        Language {
            name: "python",
            command: installed("python"),
            forms: &["sync", "async"],
            if_missing: "cargo xtask test --lang python installs what it needs",
        },
        Language {
            name: "node",
            command: installed("node"),
            forms: &[],
            if_missing: "cargo xtask test --lang node installs the package and the probe beside it",
        },
        Language {
            name: "kotlin",
            command: installed("kotlin"),
            forms: &["suspend", "blocking"],
            if_missing: "cargo xtask test --lang kotlin builds it",
        },
        Language {
            name: "swift",
            command: installed("swift"),
            forms: &[],
            if_missing: "cargo xtask test --lang swift builds it",
        },
    ]
}

/// The language that plain `cargo test` can run, because it builds nothing else.
pub const DEFAULT: &str = "rust";

impl Language {
    /// Returns one language for each of its forms.
    pub fn forms_apart(self) -> Vec<Self> {
        if self.forms.is_empty() {
            return vec![self];
        }
        let in_form = |form: &'static &'static str| {
            let command = self.command.iter().cloned().chain([str::to_owned(*form)]).collect();
            Self { command, forms: std::slice::from_ref(form), ..self.clone() }
        };
        self.forms.iter().map(in_form).collect()
    }

    /// Returns the name in a report: `c, blocking`.
    pub fn title(&self) -> String {
        self.forms.iter().fold(self.name.to_owned(), |name, form| format!("{name}, {form}"))
    }

    /// Returns the probe's command, with an empty environment.
    pub(crate) fn command(&self) -> Command {
        let mut words = self.command.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command.args(words).env_clear();
        command
    }

    /// Checks that a probe's first line has this language, this version and every kind of error.
    pub(crate) fn check_greeting(&self, greeting: &Line) -> Result<(), String> {
        for (key, value) in [("probe", self.name), ("version", env!("CARGO_PKG_VERSION"))] {
            let seen = greeting.get(key).unwrap_or_default();
            if seen != value {
                return Err(format!("the probe greets with `{key}` {seen:?}, expected {value:?}; rebuild it"));
            }
        }
        let mut kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        let mut named: Vec<_> = greeting.get("kinds").unwrap_or_default().split(',').collect();
        kinds.sort_unstable();
        named.sort_unstable();
        if named == kinds {
            return Ok(());
        }
        let missing: Vec<_> = kinds.iter().filter(|kind| !named.contains(kind)).collect();
        let unknown: Vec<_> = named.iter().filter(|kind| !kinds.contains(kind)).collect();
        Err(format!(
            "the probe's `kinds` are not the core's: missing {missing:?}, unknown {unknown:?}, {} in all",
            named.len()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(kinds: &[&str]) -> Line {
        let mut line = Line::default();
        line.set("probe", "rust");
        line.set("version", env!("CARGO_PKG_VERSION"));
        line.set("kinds", kinds.join(","));
        line
    }

    #[test]
    fn each_form_is_a_separate_probe() {
        let c = all("").into_iter().find(|language| language.name == "c").unwrap();
        let titles: Vec<_> = c.clone().forms_apart().iter().map(Language::title).collect();
        assert_eq!(titles, ["c, blocking", "c, callback"]);
        let last = |language: Language| language.command.last().cloned();
        assert_eq!(c.forms_apart().into_iter().filter_map(last).collect::<Vec<_>>(), ["blocking", "callback"]);
        assert_eq!(all("").remove(0).forms_apart().len(), 1);
    }

    #[test]
    fn a_greeting_is_of_the_language_and_the_version_and_has_every_kind() {
        let rust = all("").remove(0);
        let mut kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).rev().collect();
        assert_eq!(rust.check_greeting(&greeting(&kinds)), Ok(()));
        let mut other = greeting(&kinds);
        other.set("probe", "c");
        assert!(rust.check_greeting(&other).unwrap_err().contains("`probe` \"c\""));
        other = greeting(&kinds);
        other.remove("version");
        assert!(rust.check_greeting(&other).unwrap_err().contains("`version` \"\""));
        kinds.push("NotFound");
        assert!(rust.check_greeting(&greeting(&kinds)).unwrap_err().contains("13 in all"));
        kinds.retain(|kind| *kind != "NotFound");
        assert!(rust.check_greeting(&greeting(&kinds)).unwrap_err().contains("missing [\"NotFound\"]"));
    }
}
