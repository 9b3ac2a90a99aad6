//! `cargo xtask bench`: the overhead of devcred over reqwest, the HTTP library that it uses.
//!
//! Two contenders call the same keep-alive stub server in alternating rounds: raw reqwest, which
//! neither signs nor parses JSON and is therefore the limit, and devcred's `Client`. The result is
//! the ratio within a round, because a busy or slow machine affects both. The stub server is
//! another process, so that its CPU time is not counted.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: it prints a table")]

mod binding;
mod cold;
mod contender;
mod load;

mod measure;
mod report;
mod signing;
mod stub;
mod targets;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::binding::Binding;
use crate::cold::ColdStart;
use crate::contender::{Devcred, RawReqwest};
use crate::load::{AT_ONCE, Load, Pair};
use crate::report::{Contest, Report};
use crate::signing::Signing;
use crate::stub::Stub;

/// Compares devcred's client with raw reqwest, and measures how many requests it signs per second.
///
/// Both call a keep-alive stub server on loopback in alternating rounds. The table ends with the
/// targets: a target that is not met is reported, but the run does not fail.
#[derive(Parser)]
#[command(name = "devcred-bench", bin_name = "cargo xtask bench --")]
struct Options {
    /// Number of rounds; ratios are computed within a round, and the result is the median of the
    /// rounds
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    rounds: usize,
    /// Number of calls of each contender in a round, sequentially and then 64 at once
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = RangedU64ValueParser::<u32>::new().range(64..=10_000_000))]
    calls: u32,
    /// A binding to measure too; `cargo xtask bench` passes those of every language
    #[arg(long, value_name = "NAME=COMMAND")]
    binding: Vec<String>,
    /// A program that makes one call, to compare with the bare runtime of its language; `cargo
    /// xtask bench` passes them too
    #[arg(long, value_name = "NAME=BARE;COMMAND")]
    cold_start: Vec<String>,
    /// Measure only the bindings and cold starts whose name starts with this
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// Run the stub server: the benchmark starts itself a second time with this option.
    #[arg(long, hide = true)]
    stub_server: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if options.stub_server {
        return stub::serve();
    }
    let report = run(&options)?;
    print!("{report}");
    Ok(())
}

fn run(options: &Options) -> Result<Report> {
    let stub = Stub::start().context("cannot start the stub server")?;
    let (raw, devcred) = (RawReqwest::new(&stub.endpoint)?, Devcred::new(&stub.endpoint)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signing = Signing::new()?;

    let is_selected = |option: &&String| option.starts_with(&options.only);
    let bindings = options.binding.iter().filter(is_selected).map(|option| Binding::start(option, &stub.endpoint));
    let mut bindings = bindings.collect::<Result<Vec<_>>>()?;
    let cold_starts =
        options.cold_start.iter().filter(is_selected).map(|option| ColdStart::new(option, &stub.endpoint));

    let mut report = Report::new(options.rounds, options.calls);
    report.cold_starts = cold_starts.collect::<Result<Vec<_>>>()?;
    for binding in &mut bindings {
        let growth = binding.growth()?;
        report.bindings.push(Contest::new(&binding.name, growth));
    }
    for round in 0..options.rounds {
        for at_once in [1, AT_ONCE] {
            let load = Load { calls: options.calls, at_once };
            // Alternate the order, because the first contender has colder caches.
            let (base, measured) = if round % 2 == 0 {
                let base = runtime.block_on(load.measure(&raw))?;
                (base, runtime.block_on(load.measure(&devcred))?)
            } else {
                let measured = runtime.block_on(load.measure(&devcred))?;
                (runtime.block_on(load.measure(&raw))?, measured)
            };
            report.devcred.push(at_once, Pair { base, measured });
            for (binding, contest) in bindings.iter_mut().zip(&mut report.bindings) {
                contest.push(at_once, Pair { base: measured, measured: binding.measure(&load)? });
            }
        }
        for cold_start in &mut report.cold_starts {
            cold_start.run()?;
        }
        report.acs3.push(signing.acs3()?);
        report.rpc.push(signing.rpc()?);
    }
    Ok(report)
}
