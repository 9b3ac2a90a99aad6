//! The shared suite, and the test of what hostile answers cost in memory.

use anyhow::Result;

use crate::run::{Steps, TestResults, runner};
use crate::workspace::Workspace;

/// A run of a test program of `tests/conformance`.
#[derive(Clone, Copy)]
pub(crate) struct Suite<'a> {
    /// The test program: `suite` or `memory`.
    pub(crate) target: &'a str,
    pub(crate) languages: &'a [&'a str],
    /// A language and the command line of its probe, instead of the one in the driver's table of
    /// languages.
    pub(crate) probe: Option<(&'a str, &'a str)>,
    /// The driver's options that select cases: `--case`, `--skip`. Without options all cases run.
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

/// Skips the cases with so many calls at once that they are slow and disturb other cases.
pub(crate) const WITHOUT_CROWDS: &[&str] = &[
    "--skip",
    "rate-limit/many-calls-within-the-quotas",
    "--skip",
    "rate-limit/refused-immediately-by-default",
    "--skip",
    "connection-limit/many-cold-calls",
];

/// Runs the suite in these languages at once: while one waits for the clock of a case, another
/// computes. Then measures what hostile answers cost each probe in memory, which is not counted.
pub(crate) fn run_suite(workspace: &Workspace, steps: &Steps, languages: &[&'static str]) {
    let which = if steps.leaves_out("the cases with crowds of calls") { WITHOUT_CROWDS } else { &[] };
    let suite = Suite { which, ..Suite::of(languages) };
    steps.run_suite(languages, || suite.run(workspace));
    if !steps.leaves_out("memory") {
        let memory = Suite { target: "memory", ..suite };
        steps.run("memory", || memory.run(workspace)?.check());
    }
}
