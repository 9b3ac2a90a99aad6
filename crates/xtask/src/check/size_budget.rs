//! The sizes of the release artifacts are in `ledger.toml`, so that growth is noticed at once.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use fs_err as fs;

use super::ledger::{Ledger, Unit};
use crate::lang::{BuildOptions, LANGUAGES};
use crate::run::say;
use crate::workspace::Workspace;

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
    let ledger = Ledger::read(workspace)?;
    // Rust's release is the source.
    for language in LANGUAGES.iter().filter(|language| language.install.is_some()) {
        for artifact in (language.build)(workspace, &BuildOptions::default())? {
            ledger.compare(Unit::Bytes, artifact.name, fs::metadata(&artifact.file)?.len())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_debug_build_panic_is_found_and_is_what_the_bridge_has() {
        assert!(contains(b"\0GGID_test@@@panic\0", PANIC_CLIENT_ID));
        assert!(!contains(b"\0GID_test@@@pani", PANIC_CLIENT_ID));
        let bridge = concat!(env!("CARGO_MANIFEST_DIR"), "/../devcred-bridge/src");
        let mut sources =
            fs::read_dir(bridge).expect("it can be read").filter_map(|file| fs::read(file.ok()?.path()).ok());
        assert!(sources.any(|source| contains(&source, &format!("= \"{PANIC_CLIENT_ID}\";"))));
    }
}
