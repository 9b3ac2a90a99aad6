//! The sizes of the release artifacts are in `ledger.toml`, so that growth is noticed at once.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::lang::LANGUAGES;
use crate::run::say;
use crate::workspace::Workspace;

const FILE: &str = "ledger.toml";
/// In percent. Compilers cause smaller differences.
const GROWTH_MAX: u64 = 10;

/// A file of a release, and its name in `ledger.toml`.
pub(crate) struct Artifact {
    pub(crate) name: &'static str,
    pub(crate) file: PathBuf,
}

impl Artifact {
    /// Prints its size.
    pub(crate) fn print(&self) -> Result<()> {
        say!("{}: {} bytes", self.name, self.size()?);
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.file)?.len())
    }
}

/// Builds the release artifacts and compares their sizes with the recorded ones.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root.join(FILE))?;
    for language in LANGUAGES {
        for artifact in (language.artifacts)(workspace)? {
            compare(&text, artifact.name, artifact.size()?)?;
            refuse_debug_build(&artifact)?;
        }
    }
    Ok(())
}

/// The client id of the call that panics in debug builds: `PANIC_CLIENT_ID` of devcred-bridge.
const PANIC_CLIENT_ID: &str = "GID_test@@@panic";

/// Fails if a release artifact contains the call that panics.
fn refuse_debug_build(artifact: &Artifact) -> Result<()> {
    let contents = fs::read(&artifact.file)?;
    if contains(&contents, PANIC_CLIENT_ID) {
        bail!("{} is a debug build, in which a call for one device panics: it must be a release build", artifact.name);
    }
    Ok(())
}

fn contains(contents: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(contents).contains(text)
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

/// The file has only lines `"name" = bytes` and comments, so this needs no TOML library.
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
        assert!(contains(b"\0GGID_test@@@panic\0", PANIC_CLIENT_ID));
        assert!(!contains(b"\0GID_test@@@pani", PANIC_CLIENT_ID));
        let bridge = concat!(env!("CARGO_MANIFEST_DIR"), "/../devcred-bridge/src");
        let mut sources =
            fs::read_dir(bridge).expect("it can be read").filter_map(|file| fs::read(file.ok()?.path()).ok());
        assert!(sources.any(|source| contains(&source, &format!("= \"{PANIC_CLIENT_ID}\";"))));
    }

    #[test]
    fn a_file_that_is_not_recorded_is_refused() {
        assert!(compare(LEDGER, "other.so", 1).is_err());
    }
}
