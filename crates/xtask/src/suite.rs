//! The shared suite, in one language's column.

use anyhow::Result;

use crate::runner::{self, Tested};
use crate::workspace::Workspace;

/// A run of the suite, or of what goes with it.
#[derive(Clone, Copy)]
pub(crate) struct Suite<'a> {
    /// The test program of `tests/conformance`: `suite` or `memory`.
    pub(crate) target: &'a str,
    pub(crate) language: &'a str,
    /// The probe's command line, in the place of the one in the driver's table of languages.
    pub(crate) probe: Option<&'a str>,
    /// Which cases, in the driver's words: `--case`, `--skip`. Without a word all of them.
    pub(crate) which: &'a [&'a str],
}

impl Suite<'_> {
    /// Runs it.
    pub(crate) fn run(self, workspace: &Workspace) -> Result<Tested> {
        let mut command = workspace.cargo();
        command.args(["test", "--locked", "-p", "devcred-conformance", "--test", self.target, "--"]);
        command.args(["--lang", self.language]).args(self.which);
        if let Some(probe) = self.probe {
            command.arg("--probe").arg(format!("{}={probe}", self.language));
        }
        runner::run(&mut command)
    }
}
