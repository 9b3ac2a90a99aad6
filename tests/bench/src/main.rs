//! `cargo xtask bench`: what a call costs in every language, compared with what a user would choose
//! instead.
//!
//! Every contender is a program that calls the same stub server and measures itself
//! (`protocol.rs`): raw hyper, raw reqwest and the core, which are this program again, the bindings,
//! and the alternatives in the bindings' languages. They take turns in rounds, and a result is the
//! median of the ratios within a round, because a busy or slow machine affects all of them. The stub
//! server is another process, so that its CPU time is not counted.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

mod chart;
mod cold;
mod contender;
mod instructions;
mod load;
mod machine;
mod markdown;
mod marks;
mod measure;
mod program;
mod protocol;
mod report;
mod results;
mod run;
mod signing;
mod stub;
mod trace;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::contender::Kind;
use crate::instructions::Work;
use crate::run::Options;

/// Compares devcred in every language with what a user would choose instead, and prints
/// BENCHMARKS.md. A mark that is missed is reported, but the run does not fail.
#[derive(Parser)]
#[command(name = "devcred-bench", bin_name = "cargo xtask bench --", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

/// The program starts itself again in these roles.
#[derive(Subcommand)]
enum Role {
    /// Serve the responses until stdin is closed
    #[command(hide = true)]
    Stub,
    /// Make calls, as `protocol.rs` describes
    #[command(hide = true)]
    Contender {
        kind: Kind,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Repeat one kind of work, whose instructions valgrind counts
    #[command(hide = true)]
    Work { work: Work, repetitions: u32 },
    /// Print how many instructions each kind of work executes, as ledger.toml has them; needs
    /// valgrind
    Instructions,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.role {
        None => run::run(&cli.options),
        Some(Role::Stub) => stub::serve(),
        Some(Role::Contender { kind, arguments }) => protocol::serve(kind, &arguments),
        Some(Role::Work { work, repetitions }) => work.repeat(repetitions),
        Some(Role::Instructions) => {
            for count in instructions::count()? {
                println!("\"{}\" = {}", count.name, count.count);
            }
            Ok(())
        }
    }
}
