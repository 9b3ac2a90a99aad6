//! Runs programs in named steps, and counts the tests that they run.

pub(crate) mod choice;
pub(crate) mod files;
pub(crate) mod output;
pub(crate) mod process;
pub(crate) mod runner;
mod skips;
mod steps;
pub(crate) mod suite;

pub(crate) use self::output::say;
pub(crate) use self::runner::{Tally, TestResults};
pub(crate) use self::steps::{Extent, Job, Step, Steps};
pub(crate) use self::suite::Suite;
