//! `cargo xtask bench`: what our client costs over the HTTP library that it is built on.
//!
//! Two contenders call the same keep-alive stub server, in turn, in rounds, in one run: raw reqwest, which signs nothing and
//! reads no JSON and so is the limit, and our `Client`. What counts is the ratio within a round: a machine that is busy or
//! slow is so for both. The stub server has a process of its own, so that its CPU does not count.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: its table is what it is for")]

mod contender;
mod load;
mod measure;
mod report;
mod signing;
mod stub;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::contender::{Ours, RawReqwest};
use crate::load::{AT_ONCE, Load, Pair};
use crate::report::Report;
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

    let mut report = Report::begin(options.rounds, options.calls);
    for round in 0..options.rounds {
        for (at_once, pairs) in [(1, &mut report.sequential), (AT_ONCE, &mut report.at_once)] {
            let load = Load { calls: options.calls, at_once };
            // Who goes first has the colder caches, so it is not always the same one.
            let pair = if round % 2 == 0 {
                let raw = runtime.block_on(load.put_on(&raw))?;
                Pair { raw, ours: runtime.block_on(load.put_on(&ours))? }
            } else {
                let ours = runtime.block_on(load.put_on(&ours))?;
                Pair { raw: runtime.block_on(load.put_on(&raw))?, ours }
            };
            pairs.push(pair);
        }
        report.acs3.push(signing.acs3()?);
        report.rpc.push(signing.rpc()?);
    }
    Ok(report)
}
