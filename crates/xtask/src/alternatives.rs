//! What `cargo xtask bench` compares the bindings with (`tests/bench/alternatives`): calls by the
//! least that a language offers, and by the vendor's SDKs, at the versions that their tests use.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::install::debian;
use crate::lang::{Language, kotlin, node, vendor};
use crate::run::{files, process, say};
use crate::workspace::Workspace;

/// The alternatives in a language. One program measures all of them.
struct Alternatives {
    language: &'static str,
    /// The binding that they are compared with, as `--lang` names it.
    binding: &'static str,
    /// Builds the program, and returns the command that starts it, in the syntax of the shell.
    build: fn(&Workspace) -> Result<String>,
    /// The name in the report, and the program's argument FORM.
    forms: &'static [(&'static str, &'static str)],
}

const ALTERNATIVES: &[Alternatives] = &[
    Alternatives { language: "C", binding: "c", build: build_c, forms: &[("bare sockets", "sockets")] },
    Alternatives {
        language: "Python",
        binding: "python",
        build: build_python,
        forms: &[
            ("bare sockets", "sockets"),
            ("bare asyncio protocol", "asyncio"),
            ("the vendor's SDK", "sync"),
            ("the vendor's SDK, async", "async"),
        ],
    },
    Alternatives {
        language: "Node",
        binding: "node",
        build: build_node,
        forms: &[
            ("bare node:net", "node:net"),
            ("bare node:http", "node:http"),
            ("the vendor's openapi-client", "@alicloud/openapi-client"),
            ("the vendor's pop-core", "@alicloud/pop-core"),
        ],
    },
    Alternatives {
        language: "Java",
        binding: "kotlin",
        build: build_java,
        forms: &[
            ("bare java.net.Socket", "java.net.Socket"),
            ("bare java.net.http", "java.net.http"),
            ("the vendor's tea-openapi", "com.aliyun:tea-openapi"),
        ],
    },
];

/// Devcred has no binding for Go, so nothing else needs it, and it is compared with the core.
const GO: Alternatives = Alternatives {
    language: "Go",
    binding: "rust",
    build: build_go,
    forms: &[
        ("the vendor's alibaba-cloud-sdk-go", "github.com/aliyun/alibaba-cloud-sdk-go"),
        ("the vendor's darabonba-openapi", "github.com/alibabacloud-go/darabonba-openapi/v2"),
    ],
};

/// Builds the alternatives to these languages, and returns the arguments of the benchmark program
/// that name them. Without Go it leaves Go's out, and says so.
pub(crate) fn bench_args(workspace: &Workspace, languages: &[&Language]) -> Result<Vec<String>> {
    fs::create_dir_all(folder(workspace))?;
    let is_chosen = |binding| languages.iter().any(|language| language.name == binding);
    let mut arguments = Vec::new();
    for alternatives in ALTERNATIVES.iter().filter(|alternatives| is_chosen(alternatives.binding)) {
        arguments.extend(alternatives.bench_args(workspace)?);
    }
    if is_chosen(GO.binding) {
        match GO.bench_args(workspace) {
            Ok(more) => arguments.extend(more),
            Err(error) => {
                let names: Vec<_> = GO.names().collect();
                say!("left out: {}: {error:#}", names.join("; "));
            }
        }
    }
    Ok(arguments)
}

impl Alternatives {
    fn bench_args(&self, workspace: &Workspace) -> Result<Vec<String>> {
        let command = (self.build)(workspace)?;
        let starter = folder(workspace).join(self.language);
        let headers = sources(workspace).join("headers.txt");
        files::write_starter(&starter, None, &format!("env {WITHOUT_PROXY} {command} '{}'", headers.display()))?;
        let commands = self.forms.iter().map(|(_, form)| format!("{} {form}", starter.display()));
        Ok(self.names().zip(commands).map(|(name, command)| format!("--alternative={name}={command}")).collect())
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.forms.iter().map(|(name, _)| format!("{}, {name}", self.language))
    }
}

/// Some of the SDKs would send the calls to the proxy of this machine, although the server is on
/// loopback.
const WITHOUT_PROXY: &str = "-u HTTP_PROXY -u http_proxy -u HTTPS_PROXY -u https_proxy -u ALL_PROXY -u all_proxy";

fn build_c(workspace: &Workspace) -> Result<String> {
    let program = folder(workspace).join("sockets");
    let mut gcc = process::command("gcc");
    gcc.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", "-pthread"]);
    process::run(gcc.arg(sources(workspace).join("c/sockets.c")).arg("-o").arg(&program))?;
    Ok(quote(&program))
}

fn build_python(workspace: &Workspace) -> Result<String> {
    let python = vendor::install_python(workspace)?;
    // -B: Python would write `__pycache__` next to the sources.
    Ok(format!("{} -B {}", quote(&python), quote(&sources(workspace).join("python/bench.py"))))
}

fn build_node(workspace: &Workspace) -> Result<String> {
    // The programs must be in the folder of the packages that they require.
    let programs = vendor::install_node(workspace)?.join("bench");
    files::copy(&sources(workspace).join("node"), &programs)?;
    Ok(format!("{} {}", quote(&node::program()?), quote(&programs.join("bench.cjs"))))
}

fn build_java(workspace: &Workspace) -> Result<String> {
    let (java, libraries) = (kotlin::java()?, vendor::install_java(workspace)?.join("lib/*"));
    let classes = folder(workspace).join("java-classes");
    files::make_empty(&classes)?;
    let mut javac = process::command(java.with_file_name("javac"));
    javac.args(["--release", "17", "-Xlint:all,-processing", "-Werror", "-cp"]).arg(&libraries).arg("-d").arg(&classes);
    process::run(javac.args(files::list(&sources(workspace).join("java"))?))?;
    let classpath = format!("{}:{}", classes.display(), libraries.display());
    Ok(format!("{} {} -cp '{classpath}' Bench", quote(&java), kotlin::BENCH_FLAGS))
}

fn build_go(workspace: &Workspace) -> Result<String> {
    debian::ensure(&[("go", "golang-go")])?;
    let (program, home) = (folder(workspace).join("go-sdks"), workspace.target.join("go"));
    let mut go = process::command("go");
    go.current_dir(sources(workspace).join("go")).env("GOPATH", &home).env("GOCACHE", home.join("cache"));
    // Neither another Go is downloaded, nor are go.mod and go.sum changed. Modules can be deleted.
    go.env("GOTOOLCHAIN", "local").args(["build", "-mod=readonly", "-modcacherw", "-buildvcs=false", "-o"]);
    process::run(go.arg(&program).arg(".")).context("this needs Go 1.19 or later, and Go's modules")?;
    Ok(quote(&program))
}

/// A word for the shell.
fn quote(path: &Path) -> String {
    format!("'{}'", path.display())
}

fn sources(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/bench/alternatives")
}

/// The folder of the built programs.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("alternatives")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_alternative_has_a_name_and_a_form_that_is_one_word() {
        let all: Vec<_> = ALTERNATIVES.iter().chain([&GO]).collect();
        let names: BTreeSet<_> = all.iter().flat_map(|alternatives| alternatives.names()).collect();
        let forms: Vec<_> = all.iter().flat_map(|alternatives| alternatives.forms).map(|(_, form)| form).collect();
        assert_eq!(names.len(), forms.len(), "two have the same name");
        assert!(forms.iter().all(|form| !form.contains(char::is_whitespace)), "the command is split at spaces");
    }
}
