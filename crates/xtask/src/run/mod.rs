//! Runs programs in named steps, and counts the tests that they run.

pub(crate) mod choice;
pub(crate) mod files;
pub(crate) mod output;
pub(crate) mod process;
pub(crate) mod runner;
pub(crate) mod skips;
pub(crate) mod steps;
pub(crate) mod suite;
