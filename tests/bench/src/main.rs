//! `cargo xtask bench`: what our client costs over the HTTP library that it is built on.
//!
//! Two contenders call the same keep-alive stub server, in turn, in rounds, in one run: raw reqwest, which signs nothing and
//! reads no JSON and so is the limit, and our `Client`. What counts is the ratio within a round: a machine that is busy or
//! slow is so for both. The stub server has a process of its own, so that its CPU does not count.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command for the terminal: its table is what it is for")]

mod binding;
mod contender;
mod load;
mod measure;
mod report;
mod signing;
mod stub;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::binding::Binding;
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
    /// A binding to measure beside them, as NAME=COMMAND; `cargo xtask bench` gives those of C
    #[arg(long, value_name = "NAME=COMMAND")]
    binding: Vec<String>,
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

    let bindings = options.binding.iter().map(|asked| Binding::start(asked, &stub.endpoint));
    let mut bindings = bindings.collect::<Result<Vec<_>>>()?;

    let mut report = Report::begin(options.rounds, options.calls);
    report.bindings = bindings.iter().map(|binding| Contest::new(&binding.name)).collect();
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
        report.acs3.push(signing.acs3()?);
        report.rpc.push(signing.rpc()?);
    }
    Ok(report)
}
