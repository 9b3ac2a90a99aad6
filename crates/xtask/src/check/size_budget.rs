//! The sizes of the release artifacts are in `ledger.toml`, so that growth is noticed at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::lang::{BuildOptions, LANGUAGES};
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
    /// Prints its size and its path.
    pub(crate) fn print(&self, workspace: &Workspace) -> Result<()> {
        say!("{}: {} bytes, {}", self.name, fs::metadata(&self.file)?.len(), workspace.relative(&self.file));
        Ok(())
    }
}

/// Builds the release artifacts and compares their sizes with the recorded ones.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let recorded = toml::from_str(&fs::read_to_string(workspace.root.join(FILE))?).context(FILE)?;
    // Rust's release is the source.
    for language in LANGUAGES.iter().filter(|language| language.install.is_some()) {
        for artifact in (language.build)(workspace, &BuildOptions::default())? {
            compare(&recorded, artifact.name, fs::metadata(&artifact.file)?.len())?;
            let is_debug = contains(&fs::read(&artifact.file)?, PANIC_CLIENT_ID);
            ensure!(!is_debug, "{} is a debug build, in which a call for one device panics", artifact.name);
        }
    }
    Ok(())
}

/// The client id of the call that panics in debug builds: `PANIC_CLIENT_ID` of devcred-bridge.
const PANIC_CLIENT_ID: &str = "GID_test@@@panic";

fn contains(contents: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(contents).contains(text)
}

fn compare(recorded: &BTreeMap<String, u64>, name: &str, size: u64) -> Result<()> {
    let recorded = recorded.get(name).with_context(|| format!("{FILE} has no line `\"{name}\" = <bytes>`"))?;
    say!("{name}: {size} bytes, recorded {recorded}");
    ensure!(
        size * 100 <= recorded * (100 + GROWTH_MAX),
        "{name} has grown from {recorded} to {size} bytes, by more than {GROWTH_MAX} %: find out why, or record it in {FILE}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> BTreeMap<String, u64> {
        toml::from_str("# a comment\n\"libdevcred.so\" = 1_000_000\n").expect("it is TOML")
    }

    #[test]
    fn more_than_a_tenth_is_refused() {
        assert!(compare(&ledger(), "libdevcred.so", 900_000).is_ok());
        assert!(compare(&ledger(), "libdevcred.so", 1_100_000).is_ok());
        let error = compare(&ledger(), "libdevcred.so", 1_100_001).expect_err("it has grown");
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
        assert!(compare(&ledger(), "other.so", 1).is_err());
    }
}
