//! The sizes of what is shipped, in `ledger.toml`: growth is seen when it comes, and not after a year.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::language::LANGUAGES;
use crate::output::say;
use crate::workspace::Workspace;

const FILE: &str = "ledger.toml";
/// In percent: less than this is the noise of compilers.
const GROWTH_MAX: u64 = 10;

/// A file that is shipped, and its name in the ledger.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) file: PathBuf,
}

impl Shipped {
    /// Prints its size.
    pub(crate) fn print(&self) -> Result<()> {
        say!("{}: {} bytes", self.name, self.size()?);
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.file)?.len())
    }
}

/// Builds what is shipped and compares its sizes with the recorded ones.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root.join(FILE))?;
    for language in LANGUAGES {
        for shipped in (language.shipped)(workspace)? {
            compare(&text, shipped.name, shipped.size()?)?;
            refuse_debug_build(&shipped)?;
        }
    }
    Ok(())
}

/// The client id of the call that panics in debug builds: `PANICS` of devcred-bridge.
const PANICS: &str = "GID_test@@@panic";

/// Fails if a library that is shipped can be made to panic.
fn refuse_debug_build(shipped: &Shipped) -> Result<()> {
    let contents = fs::read(&shipped.file)?;
    if contains(&contents, PANICS) {
        bail!("{} contains what makes a debug build panic: it must be a release build", shipped.name);
    }
    Ok(())
}

fn contains(contents: &[u8], text: &str) -> bool {
    let starts = contents.iter().enumerate().filter(|(_, byte)| text.as_bytes().first() == Some(byte));
    starts.into_iter().any(|(at, _)| contents.get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes())))
}

fn compare(ledger: &str, name: &str, size: u64) -> Result<()> {
    let recorded = recorded(ledger, name).with_context(|| format!("{FILE} has no line `\"{name}\" = <bytes>`"))?;
    say!("{name}: {size} bytes, recorded {recorded}");
    if size * 100 > recorded * (100 + GROWTH_MAX) {
        bail!(
            "{name} has grown from {recorded} to {size} bytes, by more than {GROWTH_MAX} %: find out why, or record it in {FILE}"
        );
    }
    Ok(())
}

/// The file has lines `"name" = bytes` and comments, and needs no library to be read.
fn recorded(ledger: &str, name: &str) -> Option<u64> {
    let value = ledger.lines().find_map(|line| line.strip_prefix(&format!("\"{name}\" = ")))?;
    value.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = "# a comment\n\"libdevcred.so\" = 1_000_000\n";

    #[test]
    fn more_than_a_tenth_is_refused() {
        assert!(compare(LEDGER, "libdevcred.so", 900_000).is_ok());
        assert!(compare(LEDGER, "libdevcred.so", 1_100_000).is_ok());
        let error = compare(LEDGER, "libdevcred.so", 1_100_001).expect_err("it has grown");
        assert!(error.to_string().contains("from 1000000 to 1100001 bytes"), "{error}");
    }

    #[test]
    fn what_makes_a_debug_build_panic_is_found_and_is_what_the_bridge_has() {
        assert!(contains(b"\0GGID_test@@@panic\0", PANICS));
        assert!(!contains(b"\0GID_test@@@pani", PANICS));
        let bridge = concat!(env!("CARGO_MANIFEST_DIR"), "/../devcred-bridge/src/living.rs");
        let bridge = fs::read_to_string(bridge).expect("it can be read");
        assert!(bridge.contains(&format!("pub const PANICS: &str = \"{PANICS}\";")));
    }

    #[test]
    fn a_file_that_is_not_recorded_is_refused() {
        assert!(compare(LEDGER, "other.so", 1).is_err());
    }
}
