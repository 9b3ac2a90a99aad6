//! What every binding of devcred shares, in safe Rust, so that a binding holds its language's conversions and nothing else.
//!
//! A binding makes a [`Client`] of [`Options`], [starts](Client::start) calls and converts each [`Outcome`]. A call completes
//! exactly once and can be [cancelled](Call::cancel); a [`Waiter`] waits for one where the language blocks. Everything runs on
//! one runtime of two threads, started at the first call and shared by all bindings of the process.
//!
//! - **No panic leaves**: one in a call becomes an `Internal` error, one in a completion is caught.
//! - **A fork is survived**: what lives in a process - connections, runtime, calls - is made anew in the child, and the
//!   parent's is never touched there. `process.rs` says how.
//! - **Nothing is decided here**: an option that is absent is left to the core.

#![forbid(unsafe_code)]

mod call;
mod client;
mod log;
mod options;
mod outcome;
mod process;
mod runtime;
#[cfg(test)]
mod tests;

pub use call::{Call, Waiter};
pub use client::{Client, Request};
pub use devcred::{ErrorKind, Secret};
pub use log::{Level, Log};
pub use options::{AccessKey, Options};
pub use outcome::{Credential, ErrorInfo, Outcome};
