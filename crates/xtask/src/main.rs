//! `cargo xtask`: builds, tests and checks everything in this repository, for people and for CI
//! alike.
//!
//! The files in this folder are the commands. `lang` sets up, builds and tests each language,
//! `check` has the checks, `install` installs tools, and `run` runs programs in steps and counts
//! their tests. Everything is installed below `target/`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "a command for the terminal")]

mod alternatives;
mod bench;
mod check;
mod fuzz;
mod install;
mod lang;
mod mutants;
mod run;
mod soak;
mod stress;
mod test;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use crate::lang::BuildOptions;
use crate::run::{Extent, Steps};
use crate::workspace::Workspace;

/// The one entry point for people and CI: sets up, builds, tests and checks every language of this
/// repository.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "Examples:
  cargo xtask test                 install what the tests need, then run all of them
  cargo xtask check                every check except the tests
  cargo xtask help test            what a command does, with examples

Everything is installed below target/, except packages of Debian; delete that folder to start again."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what the tests need; quick if it is already installed
    #[command(after_help = "Examples:
  cargo xtask setup                what the tests of every language need
  cargo xtask setup --lang rust    what the tests of Rust need
  cargo xtask setup --check        also what `cargo xtask check` needs (builds its tools: some minutes)")]
    Setup {
        #[command(flatten)]
        languages: Languages,
        /// Also install the tools of `cargo xtask check`
        #[arg(long)]
        check: bool,
    },
    /// Builds every language
    #[command(after_help = "Examples:
  cargo xtask build                debug builds
  cargo xtask build --release      the release artifacts
  cargo xtask build c --prefix DIR
                                   C's library, header, pkg-config file and CMake package, installed in DIR")]
    Build {
        /// Build only these languages [default: all]
        #[arg(value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(lang::names()))]
        languages: Vec<String>,
        /// Build the release artifacts: optimised for size, without symbols
        #[arg(long)]
        release: bool,
        /// Install C's library here [default: target/c/prefix]
        #[arg(long, value_name = "DIR")]
        prefix: Option<PathBuf>,
    },
    /// Installs what the tests need and runs every test; ends with one line for each language
    #[command(after_help = "Examples:
  cargo xtask test                 every language
  cargo xtask test --lang rust     Rust only
  cargo xtask test --lang rust --quick
                                   the quick ones, in about a minute
  cargo xtask test --installed     only the shared suite, with the release artifacts

One crate's tests, while you work on it:
  cargo test -p devcred

The shared suite runs with the release artifacts: Python's wheel, the packages for npm, the jar,
C's installed files and Swift's archive, each installed below target/installed with the language's
probe, without any reference to the source tree. Rust's probe is part of the workspace.")]
    Test {
        #[command(flatten)]
        languages: Languages,
        /// Leave out the slow tests: the vendor's SDKs, checkers, corpora, cases with many calls at
        /// once
        #[arg(long)]
        quick: bool,
        /// Run only the shared suite, with the release artifacts in clean folders; leaves Rust out
        #[arg(long, conflicts_with = "quick")]
        installed: bool,
    },
    /// Runs every check except the tests: format, lints, documentation, licences, promises
    #[command(after_help = "Examples:
  cargo xtask check                all of them
  cargo xtask check fmt boundary   two that take seconds")]
    Check {
        /// Run only these checks, in their usual order [default: all]
        #[arg(value_name = "CHECK", value_parser = check::parser())]
        only: Vec<String>,
    },
    /// Measures what a call costs in every language, compared with what a user would choose instead
    #[command(after_help = bench::HELP)]
    Bench {
        #[command(flatten)]
        languages: Languages,
        /// Fewer and shorter rounds
        #[arg(long)]
        quick: bool,
        /// Write BENCHMARKS.md and its charts, instead of printing the former
        #[arg(long)]
        write: bool,
        /// Passed to the benchmark program
        #[arg(value_name = "ARGUMENT", last = true)]
        arguments: Vec<OsString>,
    },
    /// Changes the core in one place at a time, and checks that a test fails
    #[command(after_help = mutants::HELP)]
    Mutants {
        /// Passed to cargo-mutants
        #[arg(value_name = "ARGUMENT", last = true)]
        arguments: Vec<OsString>,
    },
    /// Makes calls in several languages at once for many minutes, against a server that resets,
    /// stalls and throttles at random
    #[command(after_help = soak::HELP)]
    Soak {
        /// Narrow the run to these languages, separated by commas [default: all that have a
        /// program]
        #[arg(long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = PossibleValuesParser::new(soak::names()))]
        lang: Vec<String>,
        /// How long calls are started
        #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u64).range(8..=1_000_000))]
        seconds: u64,
        /// How many calls each language starts per second
        #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        rate: u64,
        /// Passed to the program
        #[arg(value_name = "ARGUMENT", last = true)]
        arguments: Vec<OsString>,
    },
    /// Runs each language's own tests many times on a busy machine
    #[command(after_help = stress::HELP)]
    Stress {
        #[command(flatten)]
        languages: Languages,
        /// How many times
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        runs: u32,
        /// How many threads compute beside them
        #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(..=1_000))]
        busy: u32,
    },
    /// Fuzzes for inputs that break a promise; `cargo xtask test` replays the known ones
    #[command(after_help = fuzz::HELP)]
    Fuzz {
        /// Run only these targets, in their usual order [default: all]
        #[arg(value_name = "TARGET", value_parser = fuzz::parser())]
        only: Vec<String>,
        /// How long each target runs
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
    },
}

#[derive(Args)]
struct Languages {
    /// Narrow the run to these languages, separated by commas [default: all]
    #[arg(long = "lang", value_name = "LANGUAGE", value_delimiter = ',', value_parser = PossibleValuesParser::new(lang::names()))]
    lang: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(&cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &Command) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    let mut steps = Steps::default();
    match command {
        Command::Setup { languages, check: and_checks } => {
            for language in lang::choose(&languages.lang) {
                steps.run_all(&workspace, language.name, language.setup);
            }
            if *and_checks {
                steps.run_all(&workspace, "check", check::SETUP);
            }
        }
        Command::Build { languages, release, prefix } => {
            // A relative path refers to the current folder of the user.
            let prefix = prefix.as_deref().map(std::path::absolute).transpose()?;
            let options = BuildOptions { release: *release, prefix, documentation: true };
            for language in lang::choose(languages) {
                steps.run(&format!("{}: build", language.name), || {
                    (language.build)(&workspace, &options)?.iter().try_for_each(|artifact| artifact.print(&workspace))
                });
            }
        }
        Command::Test { languages, quick, installed } => {
            steps = Steps::of(match (quick, installed) {
                (true, _) => Extent::Quick,
                (_, true) => Extent::Installed,
                _ => Extent::Everything,
            });
            test::run(&workspace, &mut steps, &lang::choose(&languages.lang));
        }
        Command::Check { only } => check::run(&workspace, &mut steps, only),
        Command::Bench { languages, quick, write, arguments } => {
            let flags = [("--quick", quick), ("--write", write)].into_iter().filter(|(_, is_set)| **is_set);
            let all: Vec<_> = flags.map(|(flag, _)| flag.into()).chain(arguments.iter().cloned()).collect();
            bench::run(&workspace, &steps, &lang::choose(&languages.lang), &all);
        }
        Command::Mutants { arguments } => mutants::run(&workspace, &steps, arguments),
        Command::Soak { lang, seconds, rate, arguments } => {
            let mut all: Vec<OsString> = vec![format!("--seconds={seconds}").into(), format!("--rate={rate}").into()];
            all.extend(arguments.iter().cloned());
            soak::run(&workspace, &steps, lang, &all);
        }
        Command::Stress { languages, runs, busy } => {
            stress::run(&workspace, &mut steps, &lang::choose(&languages.lang), *runs, *busy);
        }
        Command::Fuzz { only, seconds } => fuzz::run(&workspace, &steps, only, *seconds),
    }
    Ok(steps.finish())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Returns the examples in the help of this command and its subcommands.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let own = help.lines().filter_map(|line| Some(line.trim_start().strip_prefix("cargo xtask ")?.to_owned()));
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    #[test]
    fn every_example_of_the_help_is_parsed() {
        let examples = examples(&Cli::command());
        assert!(examples.len() > 20, "{examples:?}");
        for example in examples {
            // The description is in the next column.
            let words = example.split("  ").next().unwrap_or_default().split_whitespace();
            let result = Cli::try_parse_from(["xtask"].into_iter().chain(words));
            let is_help = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
            assert!(result.as_ref().err().is_none_or(is_help), "{example}: {:?}", result.err());
        }
    }

    #[test]
    fn the_options_of_bench_have_any_order() {
        let parse = |line: &str| match Cli::try_parse_from(line.split(' ')).map(|cli| cli.command) {
            Ok(Command::Bench { languages, quick, write, arguments }) => (languages.lang, quick, write, arguments),
            _ => panic!("{line} is valid"),
        };
        let lang = || vec!["c".to_owned()];
        assert_eq!(parse("xtask bench --quick --lang c"), (lang(), true, false, vec![]));
        assert_eq!(parse("xtask bench --lang c --quick"), (lang(), true, false, vec![]));
        let passed = vec!["--rounds".into(), "3".into()];
        assert_eq!(parse("xtask bench --write --lang c -- --rounds 3"), (lang(), false, true, passed));
    }
}
