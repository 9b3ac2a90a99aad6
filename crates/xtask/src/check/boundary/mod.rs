//! Rules about what a crate or a binding may contain that no linter can express. `deny.toml`,
//! `bindings/python/pyproject.toml` and `bindings/node/biome.json` have the others.
//!
//! A new rule about files is a row of `boundary.toml`, one about packages a row here. Each has a
//! sample in `tests.rs` that shows it failing.

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Package, TargetKind};
use fs_err as fs;
use serde::Deserialize;

use crate::run::{process, say};
use crate::workspace::Workspace;

/// The contents of `boundary.toml`, which describes them.
#[derive(Deserialize)]
struct Rules {
    rule: Vec<FileRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    name: String,
    files: Vec<String>,
    find: Find,
    instead: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Find {
    Words(String),
    Code(String),
    Lacks(String),
    MoreLines(usize),
}

struct PackageRule {
    name: &'static str,
    /// Returns what is wrong with a package in a folder below the root.
    find: fn(root: &Path, folder: &str, package: &Package) -> Vec<String>,
    instead: &'static str,
}

const PACKAGE_RULES: &[PackageRule] = &[
    PackageRule {
        name: "binding-dependencies",
        find: |_, folder, package| {
            let allowed =
                ["devcred-bridge", "jni-sys", "napi", "napi-build", "napi-derive", "pyo3", "uniffi", "zeroize"];
            let is_binding = folder.starts_with("bindings/") && folder != "bindings/uniffi/bindgen";
            dependencies(package, |name| is_binding && !allowed.contains(&name))
        },
        instead: "a binding knows a language, not the service: put this into crates/devcred or crates/devcred-bridge",
    },
    PackageRule {
        name: "binding-library",
        find: |_, folder, package| {
            let has = |kind: TargetKind| package.targets.iter().any(|target| target.is_kind(kind.clone()));
            let is_mixed = (has(TargetKind::CDyLib) || has(TargetKind::StaticLib))
                && (has(TargetKind::Lib) || has(TargetKind::RLib));
            let is_wrong = folder.starts_with("bindings/") && is_mixed;
            is_wrong.then(|| "has a `lib` and a `cdylib` or `staticlib`".to_owned()).into_iter().collect()
        },
        instead: "a `lib` beside a `cdylib` or `staticlib` turns LTO off: put what Rust needs into another crate",
    },
    PackageRule {
        name: "independent-core",
        find: |_, folder, package| {
            dependencies(package, |name| folder == "crates/devcred" && name == "devcred-emulator")
        },
        instead: "only the core's tests use the emulator: make it a dev-dependency",
    },
    PackageRule {
        name: "no-unsafe",
        find: |root, folder, package| {
            let released = package.targets.iter().filter(|target| {
                !(target.is_test() || target.is_example() || target.is_bench() || target.is_custom_build())
            });
            let may_be_unsafe = |file: &Path| {
                let text = fs::read_to_string(root.join(file)).unwrap_or_default();
                folder.starts_with("crates/") && !text.lines().any(|line| line == "#![forbid(unsafe_code)]")
            };
            let roots = released.map(|target| &target.src_path).filter(|file| may_be_unsafe(file.as_std_path()));
            roots.map(|file| format!("{file} does not forbid unsafe code")).collect()
        },
        instead: "write `#![forbid(unsafe_code)]` into the crate's root file; only bindings need unsafe code",
    },
];

/// Checks every member of the workspace, and every file that is committed or that `git add .` would
/// add, against every rule.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let rules = file_rules(workspace)?;
    say!("{} rules", rules.len() + PACKAGE_RULES.len());
    let mut count = 0;
    let mut report = |name: &str, violations: Vec<String>, instead: &str| {
        violations.iter().for_each(|violation| say!("{violation} [{name}]"));
        if !violations.is_empty() {
            say!("  {instead}");
        }
        count += violations.len();
    };
    for rule in &rules {
        report(&rule.name, rule.run(&workspace.root)?, &rule.instead);
    }
    for rule in PACKAGE_RULES {
        report(rule.name, rule.run(&workspace.root, &workspace.packages), rule.instead);
    }
    ensure!(count == 0, "{count} places violate a rule; the line below each rule's places says what to do instead");
    Ok(())
}

fn file_rules(workspace: &Workspace) -> Result<Vec<FileRule>> {
    let text = fs::read_to_string(workspace.root.join("boundary.toml"))?;
    Ok(toml::from_str::<Rules>(&text).context("boundary.toml")?.rule)
}

impl FileRule {
    /// Returns a line for each violation: the place, a colon, and what is wrong there.
    fn run(&self, root: &Path) -> Result<Vec<String>> {
        let grep = |options: &[&str]| {
            let mut git = process::command("git");
            git.current_dir(root).args(["grep", "--untracked", "-I", "-E"]).args(options).arg("--").args(&self.files);
            let text = process::search(&mut git).context("the rules need a git checkout")?;
            Ok(text.lines().map(str::to_owned).collect::<Vec<_>>())
        };
        // Words that do not begin inside of another word: `/x/` is not in `a/x/`.
        let whole = |words: &str| format!(r"(^|[^[:alnum:]_])({words})");
        match &self.find {
            Find::Words(words) => grep(&["-n", "-e", &whole(words)]),
            Find::Code(words) => grep(&["-n", "-e", &whole(words), "--and", "--not", "-e", COMMENT]),
            Find::Lacks(line) => {
                Ok(grep(&["-L", "-e", line])?.into_iter().map(|file| format!("{file}: lacks `{line}`")).collect())
            }
            Find::MoreLines(max) => {
                let excused = grep(&["-l", "-e", "Long because "])?;
                let mut counts = grep(&["-c", "-e", "^"])?;
                counts.retain(|line| {
                    let (file, count) = line.rsplit_once(':').unwrap_or_default();
                    count.parse().is_ok_and(|count: usize| count > *max) && !excused.iter().any(|name| name == file)
                });
                Ok(counts)
            }
        }
    }
}

/// A line that is a comment. In a block comment each line must begin with `*`.
const COMMENT: &str = r"^\s*(//|\*|#([^[!]|$))";

impl PackageRule {
    /// Returns a line for each violation, like the rules about files.
    fn run(&self, root: &Path, packages: &[Package]) -> Vec<String> {
        let of_package = |package: &Package| -> Vec<_> {
            let folder = package.manifest_path.parent().map(|folder| folder.strip_prefix(root).unwrap_or(folder));
            let folder = folder.map_or("", |folder| folder.as_str());
            (self.find)(root, folder, package).into_iter().map(|wrong| format!("{folder}: {wrong}")).collect()
        };
        packages.iter().flat_map(of_package).collect()
    }
}

/// The dependencies, without those of tests, whose name is refused.
fn dependencies(package: &Package, is_refused: impl Fn(&str) -> bool) -> Vec<String> {
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let refused = dependencies.filter(|dependency| is_refused(&dependency.name));
    refused.map(|dependency| format!("depends on {}", dependency.name)).collect()
}
