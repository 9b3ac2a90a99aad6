//! `cargo xtask test`: installs what the tests need, runs the tests of the languages in parallel,
//! and then the shared suite, some of whose cases make so many calls that nothing else may run.

use std::sync::{Mutex, PoisonError};

use crate::lang::Language;
use crate::run::{Extent, Job, Steps, Tally, suite};
use crate::workspace::Workspace;

/// The languages that begin first, because they download and compile most.
const FIRST: [&str; 3] = ["rust", "swift", "kotlin"];

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, languages: &[&'static Language]) {
    let is_complete = steps.extent() != Extent::Installed;
    let mut languages: Vec<_> =
        languages.iter().copied().filter(|language| is_complete || language.install.is_some()).collect();
    // The summary lists them in their usual order.
    languages.iter().for_each(|language| steps.tally(language.name, Tally::default()));
    let mut in_order = languages.clone();
    in_order.sort_by_key(|language| FIRST.iter().position(|first| *first == language.name).unwrap_or(FIRST.len()));
    let installed = Mutex::new(Vec::new());
    let job = |language: &'static Language| -> Job<'_> {
        let installed = &installed;
        Box::new(move |steps| {
            let name = language.name;
            steps.run_all(workspace, name, language.setup);
            let step = format!("{name}: build and install the release artifacts");
            if language.install.is_some_and(|install| steps.run(&step, || install(workspace)).is_none()) {
                return steps.tally(name, Tally::FAILURE);
            }
            installed.lock().unwrap_or_else(PoisonError::into_inner).push(name);
            if is_complete {
                steps.run_all(workspace, name, language.tests);
            }
        })
    };
    steps.run_jobs(workspace.target.join("log"), in_order.into_iter().map(job).collect());

    let installed = installed.into_inner().unwrap_or_else(PoisonError::into_inner);
    languages.retain(|language| installed.contains(&language.name));
    let names: Vec<_> = languages.iter().map(|language| language.name).collect();
    if !names.is_empty() {
        suite::run_suite(workspace, steps, &names);
    }
    for language in languages.iter().filter(|_| is_complete) {
        steps.run_all(workspace, language.name, language.suite_checks);
    }
}
