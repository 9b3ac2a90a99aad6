//! The shared suite, and what goes with it.

use anyhow::Result;

use crate::runner::{self, TestResults};
use crate::steps::Steps;
use crate::workspace::Workspace;

/// A run of the suite, or of what goes with it.
#[derive(Clone, Copy)]
pub(crate) struct Suite<'a> {
    /// The test program of `tests/conformance`: `suite` or `memory`.
    pub(crate) target: &'a str,
    pub(crate) languages: &'a [&'a str],
    /// A language and its probe's command line, in the place of the one in the driver's table of languages.
    pub(crate) probe: Option<(&'a str, &'a str)>,
    /// Which cases, in the driver's words: `--case`, `--skip`. Without a word all of them.
    pub(crate) which: &'a [&'a str],
}

impl<'a> Suite<'a> {
    /// All cases in these languages, each with its own probe.
    pub(crate) fn of(languages: &'a [&'a str]) -> Self {
        Self { target: "suite", languages, probe: None, which: &[] }
    }

    /// Runs it.
    pub(crate) fn run(self, workspace: &Workspace) -> Result<TestResults> {
        let mut command = workspace.cargo_together("test");
        command.args(["--test", self.target, "--"]);
        command.arg("--lang").arg(self.languages.join(",")).args(self.which);
        if let Some((language, probe)) = self.probe {
            command.arg("--probe").arg(format!("{language}={probe}"));
        }
        runner::run(&mut command)
    }
}

/// The cases that make so many calls at once that they take long and disturb others, and that a checker makes too slow.
pub(crate) const WITHOUT_CROWDS: &[&str] =
    &["--skip", "pace/many-calls-within-the-quotas", "--skip", "pace/refused-at-once-by-default"];

/// The columns of these languages, in one run: while one waits for the clock of a case, another computes. Then what hostile
/// answers cost each probe in memory, which counts in no column.
pub(crate) fn columns(workspace: &Workspace, steps: &mut Steps, languages: &[&'static str]) {
    let which = if steps.leaves_out("the cases with crowds of calls") { WITHOUT_CROWDS } else { &[] };
    let suite = Suite { which, ..Suite::of(languages) };
    steps.columns("the shared suite", languages, || suite.run(workspace));
    if !steps.leaves_out("memory") {
        let memory = Suite { target: "memory", ..suite };
        steps.run("memory", || memory.run(workspace)?.check());
    }
}
