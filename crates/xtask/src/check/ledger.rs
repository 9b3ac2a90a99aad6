//! `ledger.toml`: numbers that must not grow unnoticed.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde::Deserialize;

use crate::run::say;
use crate::workspace::Workspace;

const FILE: &str = "ledger.toml";

/// In percent. Compilers and machines cause smaller differences.
const GROWTH_MAX: u64 = 10;

#[derive(Deserialize)]
pub(crate) struct Ledger {
    bytes: BTreeMap<String, u64>,
    instructions: BTreeMap<String, u64>,
}

/// What is counted: the name of a table in the file.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Bytes,
    Instructions,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Instructions => "instructions",
        })
    }
}

impl Ledger {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        Self::parse(&fs::read_to_string(workspace.root.join(FILE))?)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context(FILE)
    }

    fn table(&self, unit: Unit) -> &BTreeMap<String, u64> {
        match unit {
            Unit::Bytes => &self.bytes,
            Unit::Instructions => &self.instructions,
        }
    }

    /// Fails if this count is not recorded, or if it has grown by more than a tenth.
    pub(crate) fn compare(&self, unit: Unit, name: &str, count: u64) -> Result<()> {
        let recorded = self.table(unit).get(name);
        let recorded = recorded.with_context(|| format!("{FILE} has no line `\"{name}\" = {count}` in [{unit}]"))?;
        say!("{name}: {count} {unit}, recorded {recorded}");
        ensure!(
            count * 100 <= recorded * (100 + GROWTH_MAX),
            "{name} has grown from {recorded} to {count} {unit}, by more than {GROWTH_MAX} %: find out why, or write \
             `\"{name}\" = {count}` in [{unit}] of {FILE}"
        );
        Ok(())
    }

    /// Compares all counts, and also fails if one that is recorded is missing. The error names every
    /// count that has grown.
    pub(crate) fn compare_all(&self, unit: Unit, counts: &BTreeMap<String, u64>) -> Result<()> {
        let mut errors: Vec<_> =
            counts.iter().filter_map(|(name, count)| self.compare(unit, name, *count).err()).collect();
        let mut recorded = self.table(unit).keys();
        errors.extend(recorded.find(|name| !counts.contains_key(*name)).map(|name| {
            anyhow::anyhow!("{name} is recorded in [{unit}] of {FILE}, but it is no longer counted: remove the line")
        }));
        if !errors.is_empty() {
            bail!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::parse("# a comment\n[bytes]\n\"libdevcred.so\" = 1_000_000\n[instructions]\ncall = 200\nsign = 100\n")
            .expect("it is TOML")
    }

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn more_than_a_tenth_is_refused() {
        let compare = |count| ledger().compare(Unit::Bytes, "libdevcred.so", count);
        assert!(compare(900_000).is_ok());
        assert!(compare(1_100_000).is_ok());
        let error = compare(1_100_001).expect_err("it has grown");
        assert!(error.to_string().contains("from 1000000 to 1100001 bytes"), "{error}");
    }

    #[test]
    fn a_count_that_is_not_recorded_is_refused() {
        assert!(ledger().compare(Unit::Bytes, "other.so", 1).is_err());
        assert!(ledger().compare(Unit::Bytes, "call", 1).is_err(), "it is in another table");
    }

    #[test]
    fn every_count_that_has_grown_is_named_with_its_new_line() {
        let compare = |text: &[(&str, u64)]| ledger().compare_all(Unit::Instructions, &counts(text));
        compare(&[("call", 220), ("sign", 50)]).expect("neither has grown by more than a tenth");
        let error = compare(&[("call", 221), ("sign", 111)]).expect_err("both have grown").to_string();
        for line in ["\"call\" = 221", "\"sign\" = 111"] {
            assert!(error.contains(line), "{error}");
        }
        let error = compare(&[("call", 200)]).expect_err("one is missing").to_string();
        assert!(error.contains("sign is recorded"), "{error}");
    }
}
