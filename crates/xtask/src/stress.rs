//! `cargo xtask stress`: runs the own tests of the languages many times on a busy machine, because
//! a test that depends on time passes on an idle one.

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::lang::Language;
use crate::run::{Job, Steps};
use crate::workspace::Workspace;

/// The end of `cargo xtask stress --help`.
pub(crate) const HELP: &str = "Examples:
  cargo xtask stress                          20 runs of each language beside six busy threads
  cargo xtask stress --lang node --runs 3 --busy 0";

/// Installs the languages, and runs their own tests `runs` times beside `busy` threads that do
/// nothing but compute.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, languages: &[&'static Language], runs: u32, busy: u32) {
    for language in languages {
        steps.run_all(workspace, language.name, language.setup);
        let install = || language.install.map_or(Ok(()), |install| install(workspace));
        if steps.run(&format!("{}: build and install the release artifacts", language.name), install).is_none() {
            return;
        }
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..busy {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        for run in 1..=runs {
            let job = |language: &'static Language| -> Job<'_> {
                Box::new(move |steps| steps.run_own_tests(workspace, language.name, language.tests, run))
            };
            steps.run_jobs(workspace.target.join("log"), languages.iter().copied().map(job).collect());
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
