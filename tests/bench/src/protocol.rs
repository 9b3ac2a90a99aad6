//! What a program that is measured does, here for the contenders in Rust.
//!
//! `PROGRAM ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET INSTANCE_ID CLIENT_ID` reads lines
//! `CALLS AT_ONCE`. For each it makes 20 calls in each of AT_ONCE tasks or threads, then CALLS in
//! all, and prints `CPU WALL`: the nanoseconds that the CALLS took, of all threads of the process
//! and of the clock. One call at a time runs on the main thread. `PROGRAM --version` prints
//! `name version, runtime version`. A program on the JVM also reads `collect`, collects its garbage,
//! and prints how many bytes of its heap are free then.

use std::io::{self, Write};

use anyhow::{Context, Result};

use crate::contender::{Contender, Devcred, Kind, RawHyper, RawReqwest};
use crate::load::Load;

pub(crate) fn serve(kind: Kind, arguments: &[String]) -> Result<()> {
    let endpoint = arguments.first().context("the endpoint is missing")?;
    if endpoint == "--version" {
        println!("{}", kind.version());
        return Ok(());
    }
    match kind {
        Kind::Hyper => answer(&RawHyper::new(endpoint)?),
        Kind::Reqwest => answer(&RawReqwest::new(endpoint)?),
        Kind::Core => answer(&Devcred::new(endpoint)?),
    }
}

fn answer(contender: &impl Contender) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in io::stdin().lines() {
        let line = line?;
        let load = Load::parse(&line).with_context(|| format!("{line:?} is not CALLS AT_ONCE"))?;
        let sample = runtime.block_on(load.measure(contender))?;
        println!("{} {}", sample.cpu.as_nanos(), sample.wall.as_nanos());
        io::stdout().flush()?;
    }
    Ok(())
}

impl Load {
    /// Parses `CALLS AT_ONCE`.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (calls, at_once) = line.split_once(' ')?;
        Some(Self { calls: calls.parse().ok()?, at_once: at_once.trim_end().parse().ok().filter(|count| *count > 0)? })
    }

    /// The line that `parse` parses.
    pub(crate) fn line(self) -> String {
        format!("{} {}\n", self.calls, self.at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parsed() {
        let load = Load::parse(&Load { calls: 640, at_once: 64 }.line()).expect("it is a line");
        assert_eq!((load.calls, load.at_once), (640, 64));
        for line in ["", "640", "640 0", "a 1", "1 1 1"] {
            assert!(Load::parse(line).is_none(), "{line}");
        }
    }
}
