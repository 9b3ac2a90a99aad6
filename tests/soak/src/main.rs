//! `cargo xtask soak`: many minutes of calls through several languages at once, to a server that
//! resets, stalls and throttles at random.
//!
//! # The protocol of a language's program
//!
//! `soak ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID TIMEOUT_MS ATTEMPT_TIMEOUT_MS` opens
//! one client and reads lines: `start NUMBER CLIENT_ID` starts a call, `cancel NUMBER` cancels it,
//! possibly after it has ended. When a call ends, the program writes a line: `NUMBER ok CLIENT_ID
//! USERNAME PASSWORD` with the login, `NUMBER error KIND`, or `NUMBER cancelled`. The program exits
//! at the end of its input.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: it prints a table")]

mod program;
mod random;
mod report;
mod samples;
mod server;
mod tracker;

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

/// Makes calls through several languages at once, to a server that resets, stalls and throttles at
/// random.
///
/// Every call must end exactly once, with the login of its device or with an error that the
/// server's faults cause; memory, threads and descriptors of each program must not grow.
#[derive(Parser)]
#[command(name = "devcred-soak", bin_name = "cargo xtask soak --")]
struct Options {
    /// For how many seconds calls are started
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = RangedU64ValueParser::<u64>::new().range(8..=1_000_000))]
    seconds: u64,
    /// How many calls each language starts per second
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000))]
    rate: u64,
    /// Seed of the random numbers, to repeat a run as closely as timing allows
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The program of a language; `cargo xtask soak` passes them
    #[arg(long, value_name = "NAME=COMMAND", required = true)]
    program: Vec<String>,
}

/// The interval between progress reports.
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
    println!("{} s at {} calls per second through each program, seed {}", options.seconds, options.rate, options.seed);
    let mut programs = Vec::new();
    for (index, option) in (1..).zip(&options.program) {
        let (name, command) = option.split_once('=').context("--program takes NAME=COMMAND")?;
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
