//! The driver of the suite: it runs every case in every language. tests/README.md says how to add a
//! case, and what a probe does.

#![forbid(unsafe_code)]

mod canonical;
pub mod case;
mod client_input;
pub mod language;
mod leak_check;
pub mod limits;
pub mod line;
mod pattern;
pub mod pool;
mod probe;
mod report;
mod results;
pub mod run;
mod server;
pub mod suite;
mod trace;
