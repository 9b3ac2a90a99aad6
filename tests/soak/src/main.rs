//! `cargo xtask soak`: many minutes of calls through several languages at once, against a server that resets, stalls and
//! throttles at random.
//!
//! # The protocol of a language's program
//!
//! `soak ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID TIMEOUT_MS ATTEMPT_TIMEOUT_MS` makes one client and reads lines:
//! `start NUMBER CLIENT_ID` starts a call, `cancel NUMBER` cancels it, which may come too late. It writes one line for each call
//! when that ends: `NUMBER ok CLIENT_ID USERNAME PASSWORD` with the login, `NUMBER error KIND`, or `NUMBER cancelled`. When its
//! input ends, so does it.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: its table is what it is for")]

mod book;
mod program;
mod random;
mod report;
mod samples;
mod server;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::program::Program;
use crate::report::Report;
use crate::server::Server;

/// Makes calls through several languages at once, against a server that resets, stalls and throttles at random.
///
/// Every call must end exactly once, with the login of its own device or with an error that fits; memory, threads and
/// descriptors of each program must stay flat.
#[derive(Parser)]
#[command(name = "devcred-soak", bin_name = "cargo xtask soak --")]
struct Options {
    /// How long calls are started
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = RangedU64ValueParser::<u64>::new().range(8..=1_000_000))]
    seconds: u64,
    /// How many calls each language starts in a second
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000))]
    rate: u64,
    /// Where the random numbers begin, to repeat a run as closely as the clock allows
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A language's program; `cargo xtask soak` gives them
    #[arg(long, value_name = "NAME=COMMAND", required = true)]
    program: Vec<String>,
}

/// How often a line says how far the run is.
const PROGRESS_SECONDS: u64 = 10;

fn main() -> Result<ExitCode> {
    let report = run(&Options::parse())?;
    print!("\n{report}");
    let findings = report.findings();
    println!("\n{} findings", findings.len());
    findings.iter().for_each(|finding| println!("  {finding}"));
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(options: &Options) -> Result<Report> {
    let server = Arc::new(Server::start(options.seed)?);
    println!("{} s at {} calls a second through each program, seed {}", options.seconds, options.rate, options.seed);
    let mut programs = Vec::new();
    for (index, asked) in (1..).zip(&options.program) {
        let (name, command) = asked.split_once('=').context("--program takes NAME=COMMAND")?;
        programs.push(Program::start(name, command, &server, options.seed ^ (index << 32))?);
    }

    let begin = Instant::now();
    for program in &mut programs {
        program.start_calls(options.rate, begin, Duration::from_secs(options.seconds));
    }
    for second in 1..=options.seconds {
        let due = begin + Duration::from_secs(second);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        programs.iter_mut().for_each(Program::take_sample);
        if second % PROGRESS_SECONDS == 0 || second == options.seconds {
            println!("{second} s");
            programs.iter().for_each(|program| println!("    {}", program.progress()));
        }
    }
    let rows = programs.into_iter().map(Program::finish).collect();
    Ok(Report { rows, planned: options.seconds * options.rate, faults: server.faults(), requests: server.requests() })
}
