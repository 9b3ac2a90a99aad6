//! `cargo xtask bench`: what our client costs over the HTTP library that it is built on.
//!
//! Two contenders call the same keep-alive stub server, in turn, in rounds, in one run: raw reqwest, which signs nothing and
//! reads no JSON and so is the limit, and our `Client`. What counts is the ratio within a round: a machine that is busy or
//! slow is so for both. The stub server has a process of its own, so that its CPU does not count.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: its table is what it is for")]

mod binding;
mod cold;
mod contender;
mod load;
mod marks;
mod measure;
mod report;
mod signing;
mod stub;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::binding::Binding;
use crate::cold::ColdStart;
use crate::contender::{Ours, RawReqwest};
use crate::load::{AT_ONCE, Load, Pair};
use crate::report::{Contest, Report};
use crate::signing::Signing;
use crate::stub::Stub;

/// Measures our client against raw reqwest, and how many requests it signs in a second.
///
/// Both call a keep-alive stub server on loopback, in turn, in rounds. The table ends with the marks: a mark that is not met
/// is said, and is no failure of the run.
#[derive(Parser)]
#[command(name = "devcred-bench", bin_name = "cargo xtask bench --")]
struct Options {
    /// How many rounds; ratios are taken within a round, and the median of the rounds counts
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    rounds: usize,
    /// How many calls each contender makes in a round, sequentially and again 64 at once
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = RangedU64ValueParser::<u32>::new().range(64..=10_000_000))]
    calls: u32,
    /// A binding to measure beside them; `cargo xtask bench` gives those of every language
    #[arg(long, value_name = "NAME=COMMAND")]
    binding: Vec<String>,
    /// A program that makes one call, to measure beside the bare runtime of its language; `cargo xtask bench` gives them too
    #[arg(long, value_name = "NAME=BARE;COMMAND")]
    cold_start: Vec<String>,
    /// Measure only the bindings and cold starts whose name begins so
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// Be the stub server: the benchmark starts itself once more with this.
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
    let stub = Stub::start().context("the stub server does not start")?;
    let (raw, ours) = (RawReqwest::new(&stub.endpoint)?, Ours::new(&stub.endpoint)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signing = Signing::new()?;

    let chosen = |asked: &&String| asked.starts_with(&options.only);
    let bindings = options.binding.iter().filter(chosen).map(|asked| Binding::start(asked, &stub.endpoint));
    let mut bindings = bindings.collect::<Result<Vec<_>>>()?;
    let cold_starts = options.cold_start.iter().filter(chosen).map(|asked| ColdStart::new(asked, &stub.endpoint));

    let mut report = Report::begin(options.rounds, options.calls);
    report.cold_starts = cold_starts.collect::<Result<Vec<_>>>()?;
    for binding in &mut bindings {
        let growth = binding.growth()?;
        report.bindings.push(Contest::new(&binding.name, growth));
    }
    for round in 0..options.rounds {
        for at_once in [1, AT_ONCE] {
            let load = Load { calls: options.calls, at_once };
            // Who goes first has the colder caches, so it is not always the same one.
            let (base, measured) = if round % 2 == 0 {
                let base = runtime.block_on(load.put_on(&raw))?;
                (base, runtime.block_on(load.put_on(&ours))?)
            } else {
                let measured = runtime.block_on(load.put_on(&ours))?;
                (runtime.block_on(load.put_on(&raw))?, measured)
            };
            report.rust.push(at_once, Pair { base, measured });
            for (binding, contest) in bindings.iter_mut().zip(&mut report.bindings) {
                contest.push(at_once, Pair { base: measured, measured: binding.put_on(&load)? });
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
