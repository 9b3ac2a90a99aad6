//! The shared suite, in one language's column.

use anyhow::Result;

use crate::runner::{self, Tally, Tested};
use crate::steps::Steps;
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

impl<'a> Suite<'a> {
    /// All of a language's column, with its own probe.
    pub(crate) fn of(language: &'a str) -> Self {
        Self { target: "suite", language, probe: None, which: &[] }
    }

    /// Runs it.
    pub(crate) fn run(self, workspace: &Workspace) -> Result<Tested> {
        let mut command = workspace.cargo_together("test");
        command.args(["--test", self.target, "--"]);
        command.args(["--lang", self.language]).args(self.which);
        if let Some(probe) = self.probe {
            command.arg("--probe").arg(format!("{}={probe}", self.language));
        }
        runner::run(&mut command)
    }
}

/// The cases that make so many calls at once that they take long and disturb others, and that a checker makes too slow.
pub(crate) const WITHOUT_CROWDS: &[&str] =
    &["--skip", "pace/many-calls-within-the-quotas", "--skip", "pace/refused-at-once-by-default"];

/// A language's column, and what hostile answers cost its probe in memory, which is no case and counts only where it fails.
pub(crate) fn column(workspace: &Workspace, steps: &mut Steps, language: &str) -> Tally {
    let which =
        if steps.leaves_out(&format!("{language}: the cases with crowds of calls")) { WITHOUT_CROWDS } else { &[] };
    let suite = Suite { which, ..Suite::of(language) };
    let mut tally = steps.test(&format!("{language}: suite"), || suite.run(workspace));
    if !steps.leaves_out(&format!("{language}: memory")) {
        let memory = Suite { target: "memory", ..suite };
        tally.failed += steps.test(&format!("{language}: memory"), || memory.run(workspace)).failed;
    }
    tally
}
