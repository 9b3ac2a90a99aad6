//! Rules about what a crate or a binding may contain that no linter can express. `deny.toml`,
//! `bindings/python/pyproject.toml` and `bindings/node/biome.json` have the others.
//!
//! A new rule is a row here, and a sample in `tests.rs` that shows it failing.

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Package, TargetKind};

use crate::run::{process, say};
use crate::workspace::Workspace;

struct Rule {
    name: &'static str,
    find: Find,
    /// What to do instead, and why.
    instead: &'static str,
}

/// Each finds the places that violate a rule. Files are pathspecs of git, separated by spaces, and
/// words are an extended regular expression; a `[x]` keeps it from matching itself.
enum Find {
    /// The lines of some files that contain one of these words.
    Words(&'static str, &'static str),
    /// The same, without lines that are comments.
    Code(&'static str, &'static str),
    /// The files with more lines than this, unless they give the reason.
    LongFiles(&'static str, usize),
    /// The files of a package that lack a line.
    Missing(fn(&Package) -> Vec<&str>, &'static str),
    /// What is wrong with a package.
    Package(fn(&Package) -> Vec<String>),
}

const EVERY_FILE: &str = "*";

/// Files that people write and read.
const SOURCES: &str = "*.c *.cjs *.cpp *.h *.java *.js *.kt *.kts *.mjs *.mts *.py *.pyi *.rs *.swift *.ts";

/// The code that users of a language run. Tests, probes, build scripts and generators may do more.
const BINDINGS: &str = "bindings :!*.json :!*.md :!*.toml :!*/tests/* :!*/test/* :!*/probe* :!*/build.rs :!*/bindgen/*";

/// The stages of a call that are pure functions.
const PURE: &str = "crates/devcred/src/advice* crates/devcred/src/rate_limit* crates/devcred/src/response \
    crates/devcred/src/retry* crates/devcred/src/sign/acs3.rs crates/devcred/src/sign/encode.rs \
    crates/devcred/src/sign/rpc.rs crates/devcred/src/validate* :!*tests.rs :!*/tests/*";

const RULES: &[Rule] = &[
    Rule {
        name: "binding-dependencies",
        find: Find::Package(|package| {
            let allowed = ["devcred-bridge", "napi", "napi-build", "napi-derive", "pyo3", "uniffi", "zeroize"];
            let is_binding = is_under(package, "bindings/") && package.name.as_ref() != "devcred-uniffi-bindgen";
            dependencies(package, |name| is_binding && !allowed.contains(&name))
        }),
        instead: "a binding knows a language, not the service: put this into crates/devcred or crates/devcred-bridge",
    },
    Rule {
        name: "binding-service",
        find: Find::Code(BINDINGS, "aliyuncs|onsmqtt|x-acs|X-Acs|InvalidTimeStamp|SignatureDoesNotMatch|Throttling"),
        instead: "what would change when the service changes belongs into crates/devcred, once for all languages",
    },
    Rule {
        name: "binding-environment",
        find: Find::Code(BINDINGS, "std::env|env::var|getenv|ProcessInfo\\.processInfo\\.environment"),
        instead: "the core reads the environment (`from_env`), so that all languages read the same variables",
    },
    Rule {
        name: "binding-library",
        find: Find::Package(|package| {
            let has = |kind: TargetKind| package.targets.iter().any(|target| target.is_kind(kind.clone()));
            let is_mixed = is_under(package, "bindings/")
                && (has(TargetKind::CDyLib) || has(TargetKind::StaticLib))
                && (has(TargetKind::Lib) || has(TargetKind::RLib));
            is_mixed.then(|| "has a `lib` and a `cdylib` or `staticlib`".to_owned()).into_iter().collect()
        }),
        instead: "a `lib` beside a `cdylib` or `staticlib` turns LTO off: put what Rust needs into another crate",
    },
    Rule {
        name: "independent-core",
        find: Find::Package(|package| {
            dependencies(package, |name| package.name.as_ref() == "devcred" && name == "devcred-emulator")
        }),
        instead: "only the core's tests use the emulator: make it a dev-dependency",
    },
    Rule {
        name: "pure-core",
        find: Find::Code(PURE, "Instant::now|SystemTime::now|getrandom|std::env|tokio"),
        instead: "time, randomness and settings are arguments here, so that tests need no clock and no network",
    },
    Rule {
        name: "no-unsafe",
        find: Find::Missing(
            |package| {
                let released = package.targets.iter().filter(|target| {
                    !(target.is_test() || target.is_example() || target.is_bench() || target.is_custom_build())
                });
                let roots = released.map(|target| target.src_path.as_str());
                roots.filter(|_| is_under(package, "crates/")).collect()
            },
            "#![forbid(unsafe_code)]",
        ),
        instead: "write `#![forbid(unsafe_code)]` into the crate's root file; only bindings need unsafe code",
    },
    Rule {
        name: "lints",
        find: Find::Missing(|package| vec![package.manifest_path.as_str()], "workspace = true"),
        instead: "write `[lints]` with `workspace = true` into its Cargo.toml",
    },
    Rule {
        name: "long-file",
        find: Find::LongFiles(SOURCES, 400),
        instead: "split it, or give the reason in a comment: `Long because ...`",
    },
    Rule {
        name: "plans",
        find: Find::Words(SOURCES, "TO[D]O|FIX[M]E"),
        instead: "do it now, or open an issue: a comment says why the code is as it is",
    },
    Rule {
        name: "machine-path",
        find: Find::Words(EVERY_FILE, r"/roo[t]/|/hom[e]/|/User[s]/|C:\\User[s]\\"),
        instead: "a committed file must not contain a path of one machine: make it relative to the checkout",
    },
    Rule {
        name: "registry-host",
        find: Find::Words(
            EVERY_FILE,
            "index\\.crates[.]io|static\\.crates[.]io|static\\.rust-lang[.]org|files\\.pythonhosted[.]org|pypi[.]org/simple|\
             --index[-]url|--extra-index[-]url|--find[-]links|registry\\.npmjs[.]org|registry\\.yarnpkg[.]com|\
             repo\\.maven\\.apache[.]org|repo1\\.maven[.]org|deb\\.debian[.]org",
        ),
        instead: "each package manager knows its own registry, and people set their mirror there: leave the host out",
    },
];

/// Checks every member of the workspace, and every file that is committed or that `git add .` would
/// add, against every rule.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let packages: Vec<_> = workspace.packages.iter().map(|package| relative(workspace, package)).collect();
    say!("{} packages, {} rules", packages.len(), RULES.len());
    let mut count = 0;
    for Rule { name, find, instead } in RULES {
        let violations = find.run(&workspace.root, &packages)?;
        violations.iter().for_each(|violation| say!("{violation} [{name}]"));
        if !violations.is_empty() {
            say!("  {instead}");
        }
        count += violations.len();
    }
    ensure!(count == 0, "{count} places violate a rule; the line below each rule's places says what to do instead");
    Ok(())
}

/// The package with paths relative to the root.
fn relative(workspace: &Workspace, package: &Package) -> Package {
    let mut package = package.clone();
    package.manifest_path = workspace.relative(package.manifest_path.as_ref()).into();
    for target in &mut package.targets {
        target.src_path = workspace.relative(target.src_path.as_ref()).into();
    }
    package
}

impl Find {
    /// Returns a line for each violation: the place, a colon, and what is wrong there.
    fn run(&self, root: &Path, packages: &[Package]) -> Result<Vec<String>> {
        let grep = |options: &[&str], files: &str| {
            let mut git = process::command("git");
            git.current_dir(root).args(["grep", "--untracked", "-I", "-E"]).args(options).arg("--");
            let text = process::search(git.args(files.split(' '))).context("the rules need a git checkout")?;
            Ok(text.lines().map(str::to_owned).collect::<Vec<_>>())
        };
        match self {
            Self::Words(files, words) => grep(&["-n", "-e", &whole(words)], files),
            Self::Code(files, words) => grep(&["-n", "-e", &whole(words), "--and", "--not", "-e", COMMENT], files),
            Self::LongFiles(files, max) => {
                let excused = grep(&["-l", "-e", "Long because "], files)?;
                let mut counts = grep(&["-c", "-e", "^"], files)?;
                counts.retain(|line| {
                    let (file, count) = line.rsplit_once(':').unwrap_or_default();
                    count.parse().is_ok_and(|count: usize| count > *max)
                        && !excused.iter().any(|excused| excused == file)
                });
                Ok(counts)
            }
            Self::Missing(files, line) => {
                let files: Vec<_> = packages.iter().flat_map(files).collect();
                let lacking = grep(&["-L", "-F", "-e", line], &files.join(" "))?;
                Ok(lacking.into_iter().map(|file| format!("{file}: lacks `{line}`")).collect())
            }
            Self::Package(find) => {
                let of_package = |package: &Package| -> Vec<_> {
                    find(package).into_iter().map(|wrong| format!("{}: {wrong}", package.manifest_path)).collect()
                };
                Ok(packages.iter().flat_map(of_package).collect())
            }
        }
    }
}

/// A line that is a comment. In a block comment each line must begin with `*`.
const COMMENT: &str = r"^\s*(//|\*|#([^[!]|$))";

/// Words that do not begin inside of another word: `/x/` is not in `a/x/`.
fn whole(words: &str) -> String {
    format!(r"(^|[^[:alnum:]_])({words})")
}

fn is_under(package: &Package, folder: &str) -> bool {
    package.manifest_path.starts_with(folder)
}

/// The dependencies, without those of tests, whose name is refused.
fn dependencies(package: &Package, is_refused: impl Fn(&str) -> bool) -> Vec<String> {
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let refused = dependencies.filter(|dependency| is_refused(&dependency.name));
    refused.map(|dependency| format!("depends on {}", dependency.name)).collect()
}
