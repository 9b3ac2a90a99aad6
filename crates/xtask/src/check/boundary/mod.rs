//! Rules about what a crate or a binding may contain that no linter can express. `deny.toml`,
//! `bindings/python/pyproject.toml` and `bindings/node/biome.json` have the others.
//!
//! A new rule is a row here, and a sample in `tests.rs` that shows it failing.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Package, TargetKind};
use fs_err as fs;

use crate::run::{process, say};
use crate::workspace::Workspace;

struct Rule {
    name: &'static str,
    /// Returns a line for each violation: the place, a colon, and what is wrong there.
    find: fn(&Tree) -> Vec<String>,
    /// What to do instead, and why.
    instead: &'static str,
}

/// What the rules look at.
#[derive(Default)]
struct Tree {
    files: Vec<SourceFile>,
    packages: Vec<Package>,
}

/// A text file. Its path is relative to the root and written with `/`.
struct SourceFile {
    path: String,
    text: String,
}

/// Selects files that are below one of these folders and end with one of these extensions, except
/// paths with one of these parts. Several values are separated by spaces, and an empty value
/// matches every file.
struct Files {
    under: &'static str,
    extensions: &'static str,
    except: &'static str,
}

const EVERY_FILE: Files = Files { under: "", extensions: "", except: "" };

/// Files that people write and read.
const SOURCES: Files = Files {
    under: "bindings/ crates/ examples/ tests/",
    extensions: ".c .cjs .cpp .h .java .js .kt .kts .mjs .mts .py .pyi .rs .swift .ts",
    except: "",
};

/// The code that users of a language run. Tests, probes, build scripts and generators may do more.
const BINDINGS: Files = Files { under: "bindings/", except: "/tests/ /test/ /probe /build.rs /bindgen/", ..SOURCES };

/// The stages of a call that are pure functions.
const PURE: Files = Files {
    under: "crates/devcred/src/advice crates/devcred/src/rate_limit crates/devcred/src/response crates/devcred/src/retry \
            crates/devcred/src/sign/acs3.rs crates/devcred/src/sign/encode.rs crates/devcred/src/sign/rpc.rs \
            crates/devcred/src/validate",
    extensions: ".rs",
    except: "tests.rs",
};

/// A `^` keeps a word apart that this file must not contain itself.
const RULES: &[Rule] = &[
    Rule {
        name: "binding-dependencies",
        find: |tree| {
            let allowed = "devcred-bridge napi napi-build napi-derive pyo3 uniffi zeroize";
            let bindings =
                tree.packages_under("bindings/").filter(|package| package.name.as_ref() != "devcred-uniffi-bindgen");
            bindings
                .flat_map(|package| dependencies(package, |name| !allowed.split(' ').any(|word| word == name)))
                .collect()
        },
        instead: "a binding knows a language, not the service: put this into crates/devcred or crates/devcred-bridge",
    },
    Rule {
        name: "binding-service",
        find: |tree| {
            tree.code_with(&BINDINGS, "aliyuncs onsmqtt x-acs X-Acs InvalidTimeStamp SignatureDoesNotMatch Throttling")
        },
        instead: "what would change when the service changes belongs into crates/devcred, once for all languages",
    },
    Rule {
        name: "binding-environment",
        find: |tree| tree.code_with(&BINDINGS, "std::env env::var getenv ProcessInfo.processInfo.environment"),
        instead: "the core reads the environment (`from_env`), so that all languages read the same variables",
    },
    Rule {
        name: "binding-library",
        find: |tree| {
            let mixed = tree.packages_under("bindings/").filter(|package| {
                let has = |kind: TargetKind| package.targets.iter().any(|target| target.is_kind(kind.clone()));
                (has(TargetKind::CDyLib) || has(TargetKind::StaticLib))
                    && (has(TargetKind::Lib) || has(TargetKind::RLib))
            });
            mixed.map(|package| format!("{}: has a `lib` and a `cdylib` or `staticlib`", manifest(package))).collect()
        },
        instead: "a `lib` beside a `cdylib` or `staticlib` turns LTO off: put what Rust needs into a crate of its own",
    },
    Rule {
        name: "independent-core",
        find: |tree| {
            let core = tree.packages.iter().filter(|package| package.name.as_ref() == "devcred");
            core.flat_map(|package| dependencies(package, |name| name == "devcred-emulator")).collect()
        },
        instead: "only the core's tests use the emulator: make it a dev-dependency",
    },
    Rule {
        name: "pure-core",
        find: |tree| tree.code_with(&PURE, "Instant::now SystemTime::now getrandom std::env tokio"),
        instead: "time, randomness and settings are arguments here, so that tests need no clock and no network",
    },
    Rule {
        name: "no-unsafe",
        find: |tree| {
            let targets = tree.packages_under("crates/").flat_map(|package| &package.targets);
            let released = targets.filter(|target| {
                !(target.is_test() || target.is_example() || target.is_bench() || target.is_custom_build())
            });
            let roots = released.map(|target| target.src_path.as_str());
            let is_unsafe = |root: &&str| !tree.text(root).lines().any(|line| line == "#![forbid(unsafe_code)]");
            roots.filter(is_unsafe).map(|root| format!("{root}: does not forbid unsafe code")).collect()
        },
        instead: "write `#![forbid(unsafe_code)]` into the crate's root file; only bindings need unsafe code",
    },
    Rule {
        name: "lints",
        find: |tree| {
            let manifests = tree.packages.iter().map(manifest);
            manifests
                .filter(|path| !tree.text(path).replace('\r', "").contains("[lints]\nworkspace = true\n"))
                .map(|path| format!("{path}: does not inherit the lints of the workspace"))
                .collect()
        },
        instead: "write `[lints]` with `workspace = true` into its Cargo.toml",
    },
    Rule {
        name: "long-file",
        find: |tree| {
            let long = tree.selected(&SOURCES).filter(|file| file.text.lines().count() > 400);
            long.filter(|file| !file.text.lines().take(10).any(|line| line.contains("Long because ")))
                .map(|file| format!("{}: has {} lines", file.path, file.text.lines().count()))
                .collect()
        },
        instead: "split it, or give the reason in a comment in its first ten lines: `Long because ...`",
    },
    Rule {
        name: "plans",
        find: |tree| tree.lines_with(&SOURCES, "TO^DO FIX^ME"),
        instead: "do it now, or open an issue: a comment says why the code is as it is",
    },
    Rule {
        name: "machine-path",
        find: |tree| tree.lines_with(&EVERY_FILE, r"/ro^ot/ /ho^me/ /Us^ers/ C:\Us^ers\"),
        instead: "a committed file must not contain a path of one machine: make it relative to the checkout",
    },
    Rule {
        name: "registry-host",
        find: |tree| {
            tree.lines_with(
                &EVERY_FILE,
                "index.crates^.io static.crates^.io static.rust-lang^.org files.pythonhosted^.org pypi^.org/simple \
                 --index^-url --extra-index^-url --find^-links registry.npmjs^.org registry.yarnpkg^.com \
                 repo.maven.apache^.org repo1.maven^.org deb.debian^.org",
            )
        },
        instead: "each package manager knows its own registry, and people set their mirror there: leave the host out",
    },
];

/// Checks every committed file and every member of the workspace against every rule.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tree = Tree::load(workspace)?;
    say!("{} files, {} packages, {} rules", tree.files.len(), tree.packages.len(), RULES.len());
    let mut count = 0;
    for Rule { name, find, instead } in RULES {
        let violations = find(&tree);
        violations.iter().for_each(|violation| say!("{violation} [{name}]"));
        if !violations.is_empty() {
            say!("  {instead}");
        }
        count += violations.len();
    }
    ensure!(count == 0, "{count} places violate a rule; the line below each rule's places says what to do instead");
    Ok(())
}

impl Tree {
    /// Reads every file that is committed or that `git add .` would add.
    fn load(workspace: &Workspace) -> Result<Self> {
        let mut git = process::command("git");
        git.current_dir(&workspace.root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let paths = process::output(&mut git).context("the rules need a git checkout")?;
        // A file that is not text, or that is deleted in the work tree only, cannot be read.
        let read = |path: &str| {
            let text = fs::read_to_string(workspace.root.join(path)).ok()?;
            Some(SourceFile { path: path.to_owned(), text })
        };
        let files = paths.split('\0').filter_map(read).collect();
        let mut packages = workspace.packages.clone();
        for package in &mut packages {
            package.manifest_path = workspace.relative(package.manifest_path.as_ref()).into();
            for target in &mut package.targets {
                target.src_path = workspace.relative(target.src_path.as_ref()).into();
            }
        }
        Ok(Self { files, packages })
    }

    fn packages_under(&self, folder: &str) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(move |package| package.manifest_path.as_str().starts_with(folder))
    }

    /// The text of a file, or nothing if git ignores it.
    fn text(&self, path: &str) -> &str {
        self.files.iter().find(|file| file.path == path).map_or("", |file| &file.text)
    }

    fn selected(&self, files: &Files) -> impl Iterator<Item = &SourceFile> {
        let any = |list: &str, matches: &dyn Fn(&str) -> bool| list.split(' ').any(matches);
        self.files.iter().filter(move |file| {
            any(files.under, &|under| file.path.starts_with(under))
                && any(files.extensions, &|extension| file.path.ends_with(extension))
                && !any(files.except, &|part| !part.is_empty() && file.path.contains(part))
        })
    }

    /// The lines that contain one of these words.
    fn lines_with(&self, files: &Files, words: &str) -> Vec<String> {
        self.selected(files).flat_map(|file| occurrences(file, words, usize::MAX, |line| line)).collect()
    }

    /// The same without comments and unit tests.
    fn code_with(&self, files: &Files, words: &str) -> Vec<String> {
        self.selected(files).flat_map(|file| occurrences(file, words, lines_before_tests(&file.text), code)).collect()
    }
}

fn manifest(package: &Package) -> String {
    package.manifest_path.to_string()
}

/// The dependencies, without those of tests, whose name is refused.
fn dependencies(package: &Package, is_refused: impl Fn(&str) -> bool) -> Vec<String> {
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let refused = dependencies.filter(|dependency| is_refused(&dependency.name));
    refused.map(|dependency| format!("{}: depends on {}", manifest(package), dependency.name)).collect()
}

fn occurrences(file: &SourceFile, words: &str, end: usize, visible: fn(&str) -> &str) -> Vec<String> {
    let words = words.replace('^', "");
    let words: Vec<_> = words.split_whitespace().filter(|word| file.text.contains(word)).collect();
    let lines = (1..).zip(file.text.lines().take(end));
    let of_line = |(number, line)| {
        let found = words.iter().filter(move |word| has_word(visible(line), word));
        found.map(move |word| format!("{}:{number}: contains `{word}`", file.path))
    };
    lines.flat_map(of_line).collect()
}

/// The number of lines before the unit tests at the end of a file: `#[cfg(test)]` and then `mod
/// tests {`.
fn lines_before_tests(text: &str) -> usize {
    let next = text.lines().skip(1);
    let is_test_module =
        |(line, next): (&str, &str)| line == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{');
    text.lines().zip(next).position(is_test_module).unwrap_or(usize::MAX)
}

/// The part of a line before its comment. In a block comment each line must begin with `*`.
fn code(line: &str) -> &str {
    let start = line.trim_start();
    if start.starts_with('#') && !start.starts_with("#[") && !start.starts_with("#!") || start.starts_with('*') {
        return "";
    }
    // The slashes of a URL do not begin a comment.
    let is_comment = |at: usize| !line.get(..at).is_some_and(|before| before.ends_with(':'));
    let comment = line.match_indices("//").map(|(at, _)| at).find(|at| is_comment(*at));
    comment.and_then(|at| line.get(..at)).unwrap_or(line)
}

/// Whether the text contains the word as a whole: `sha1` is not in `sha1sum`, and `/x/` is not in
/// `a/x/`.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        let is_closed = !word.ends_with(is_name) || !after.is_some_and(is_name);
        is_closed && !before.is_some_and(is_name)
    })
}
