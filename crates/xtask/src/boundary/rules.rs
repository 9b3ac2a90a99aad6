//! The rules. A new one is a row here and a bad sample in `tests.rs`, by which it is seen to fail.

use super::rule::{Files, Find, Members, Rule};
use super::structure;

const EVERY_FILE: Files = Files { under: &[""], endings: &[""], except: &[] };

/// People write and read these.
pub(super) const SOURCES: Files = Files {
    under: &["bindings/", "crates/", "examples/", "tests/"],
    endings: &[
        ".c", ".cjs", ".cpp", ".h", ".java", ".js", ".kt", ".kts", ".mjs", ".mts", ".py", ".pyi", ".rs", ".swift",
        ".ts",
    ],
    except: &[],
};

/// What a user of a language gets. Tests, probes, build scripts and generators may do more.
const BINDINGS: Files = Files {
    under: &["bindings/"],
    endings: SOURCES.endings,
    except: &["/tests/", "/test/", "/probe", "/build.rs", "/bindgen/"],
};

// A word that this very file must not hold is put together from two.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "binding-dependencies",
        find: Find::Dependency {
            of: Members::Under("bindings/"),
            on: &[
                "base64",
                "getrandom",
                "hmac",
                "http",
                "httpdate",
                "hyper",
                "hyper-util",
                "percent-encoding",
                "rand",
                "reqwest",
                "ring",
                "rustls",
                "serde",
                "serde_json",
                "sha1",
                "sha2",
                "tokio",
                "ureq",
                "url",
            ],
            dev_too: false,
        },
        instead: "a binding knows a language, not the service: put this into crates/devcred or crates/devcred-bridge",
    },
    Rule {
        name: "binding-service",
        find: Find::Word {
            within: BINDINGS,
            words: &[
                "aliyuncs",
                "onsmqtt",
                "x-acs",
                "X-Acs",
                "InvalidTimeStamp",
                "SignatureDoesNotMatch",
                "Throttling",
            ],
            in_comments: false,
        },
        instead: "what would change when the service changes lives in crates/devcred, once for all languages",
    },
    Rule {
        name: "binding-environment",
        find: Find::Word {
            within: BINDINGS,
            words: &[
                "std::env",
                "env::var",
                "os.environ",
                "os.getenv",
                "process.env",
                "System.getenv",
                "getenv",
                "ProcessInfo.processInfo.environment",
            ],
            in_comments: false,
        },
        instead: "the core reads the environment (`from_env`), so that all languages read the same variables",
    },
    Rule {
        name: "binding-library",
        find: Find::Function(structure::cdylib_alone),
        instead: "a `lib` beside a `cdylib` or `staticlib` turns LTO off: put what Rust needs into a crate of its own",
    },
    Rule {
        name: "independent-emulator",
        find: Find::Dependency { of: Members::Named("devcred-emulator"), on: &["devcred"], dev_too: true },
        instead: "the emulator checks signatures by its own implementation: with the core's, a mistake would agree with itself",
    },
    Rule {
        name: "independent-core",
        find: Find::Dependency { of: Members::Named("devcred"), on: &["devcred-emulator"], dev_too: false },
        instead: "the emulator belongs to the core's tests only: make it a dev-dependency",
    },
    Rule {
        name: "pure-core",
        find: Find::Word {
            within: Files {
                under: &[
                    "crates/devcred/src/advice",
                    "crates/devcred/src/rate_limit",
                    "crates/devcred/src/response",
                    "crates/devcred/src/retry",
                    "crates/devcred/src/sign/acs3.rs",
                    "crates/devcred/src/sign/encode.rs",
                    "crates/devcred/src/sign/rpc.rs",
                    "crates/devcred/src/validate",
                ],
                endings: &[".rs"],
                except: &["tests.rs"],
            },
            words: &["Instant::now", "SystemTime::now", "getrandom", "std::env", "tokio"],
            in_comments: false,
        },
        instead: "time, chance and settings are arguments here, so that tests need no clock and no network; take them in pipeline.rs",
    },
    Rule {
        name: "no-unsafe",
        find: Find::Function(structure::unsafe_not_forbidden),
        instead: "write `#![forbid(unsafe_code)]` into the crate's root file; only bindings need unsafe code",
    },
    Rule {
        name: "lints",
        find: Find::Function(structure::lints_not_inherited),
        instead: "write `[lints]` with `workspace = true` into its Cargo.toml",
    },
    Rule {
        name: "long-file",
        find: Find::Function(structure::long_files),
        instead: "split it, or say why not in a comment among its first ten lines: `Long because ...`",
    },
    Rule {
        name: "plans",
        find: Find::Word { within: SOURCES, words: &[concat!("TO", "DO"), concat!("FIX", "ME")], in_comments: true },
        instead: "do it now, or open an issue: a comment says why the code is as it is",
    },
    Rule {
        name: "machine-path",
        find: Find::Word {
            within: EVERY_FILE,
            words: &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!(r"C:\Us", r"ers\")],
            in_comments: true,
        },
        instead: "no committed file names a path of one machine: make it relative to the checkout",
    },
    Rule {
        name: "registry-host",
        find: Find::Word {
            within: EVERY_FILE,
            words: &[
                concat!("index.crates", ".io"),
                concat!("static.crates", ".io"),
                concat!("static.rust-lang", ".org"),
                concat!("files.pythonhosted", ".org"),
                concat!("pypi", ".org/simple"),
                concat!("--index", "-url"),
                concat!("--extra-index", "-url"),
                concat!("--find", "-links"),
                concat!("registry.npmjs", ".org"),
                concat!("registry.yarnpkg", ".com"),
                concat!("repo.maven.apache", ".org"),
                concat!("repo1.maven", ".org"),
                concat!("deb.debian", ".org"),
            ],
            in_comments: true,
        },
        instead: "each package manager knows its own registry, and people set their mirror there: leave the host out",
    },
];
