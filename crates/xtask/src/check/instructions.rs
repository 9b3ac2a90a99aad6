//! How many instructions the core executes is in `ledger.toml`, because on a machine that is shared
//! a slower core could not be distinguished from a slower machine.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::ledger::{Ledger, Unit};
use crate::bench;
use crate::install::debian;
use crate::run::process;
use crate::workspace::Workspace;

/// Counts and compares.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    install()?;
    let ledger = Ledger::read(workspace)?;
    let counted = process::output(process::command(bench::build(workspace)?).arg("instructions"))?;
    let counted: BTreeMap<String, u64> = toml::from_str(&counted).context("the benchmark program printed no TOML")?;
    ledger.compare_all(Unit::Instructions, &counted)
}

pub(crate) fn install() -> Result<()> {
    debian::ensure(&[("valgrind", "valgrind")])
}
