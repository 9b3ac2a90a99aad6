//! The driver of the suite: it runs every case in every language. tests/README.md says how to add a case, and what a probe
//! does.

#![forbid(unsafe_code)]

mod asked;
pub mod canary;
mod canonical;
pub mod case;
pub mod language;
pub mod limits;
pub mod line;
mod pattern;
pub mod pool;
mod probe;
mod report;
pub mod run;
mod server;
pub mod suite;
mod trace;
mod verdict;
