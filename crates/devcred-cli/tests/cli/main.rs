//! Tests what the command `devcred` promises, by running it. Nothing is sent beyond loopback.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod child;
mod command;
mod deadline;
mod emulator;
mod errors;
mod generation;
mod get;
mod help;
mod interrupt;
mod register;
mod service;
mod status;
