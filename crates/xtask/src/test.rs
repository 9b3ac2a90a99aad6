//! `cargo xtask test`: installs what the tests need, runs the tests of the languages in parallel,
//! and then the shared suite, some of whose cases make so many calls that nothing else may run.

use crate::lang::Language;
use crate::run::{Extent, Job, Steps, Tally, suite};
use crate::workspace::Workspace;

/// The languages that begin first, because they download and compile most.
const FIRST: [&str; 3] = ["rust", "swift", "kotlin"];

pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, languages: &[&'static Language]) {
    let is_all = steps.extent() != Extent::Installed;
    // Rust's probe is part of the workspace, so it cannot be installed elsewhere.
    let is_part = |language: &Language| is_all || language.name != "rust";
    let mut languages: Vec<_> = languages.iter().filter(|language| is_part(language)).collect();
    // The summary lists them in their usual order.
    languages.iter().for_each(|language| steps.tally(language.name, Tally::default()));
    let mut in_order = languages.clone();
    in_order.sort_by_key(|language| FIRST.iter().position(|first| *first == language.name).unwrap_or(FIRST.len()));
    let jobs = in_order.into_iter().map(|language| -> Job<'_, Option<&str>> {
        Box::new(move |steps| {
            (language.setup)(workspace, steps);
            let is_installed = (language.install)(workspace, steps).is_some();
            let tally = match is_installed {
                false => Tally { passed: 0, failed: 1 },
                true if is_all => (language.test)(workspace, steps),
                true => Tally::default(),
            };
            steps.tally(language.name, tally);
            is_installed.then_some(language.name)
        })
    });
    let installed = steps.in_parallel(&workspace.target.join("log"), jobs.collect());
    languages.retain(|language| installed.contains(&Some(language.name)));
    let names: Vec<_> = languages.iter().map(|language| language.name).collect();
    if !names.is_empty() {
        suite::run_suite(workspace, steps, &names);
    }
    for language in languages.iter().filter(|_| is_all) {
        if let Some(check_suite) = language.check_suite {
            let tally = check_suite(workspace, steps);
            steps.tally(language.name, tally);
        }
    }
}
