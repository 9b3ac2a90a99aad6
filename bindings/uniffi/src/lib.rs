//! What uniffi exports to Kotlin and Swift: a client, a call that is started and whose listener
//! receives the outcome, and a way to cancel it. The generated code stays private to a facade in
//! each language, because
//!
//! - a generated Swift `async` function does not pass on cancellation, so nothing here is `async`;
//! - generated errors are not idiomatic in either language, so errors are values here;
//! - a generated Kotlin record prints all of its members, so no record leaves the facade.
//!
//! No panic leaves this crate: in Swift, a panic in a function without an error crashes the
//! process.

mod call;
mod client;
mod data;
mod log;

pub use call::{NativeCall, NativeListener};
pub use client::{Language, NativeClient, NativeOpened, open, refuse_blocking};
pub use data::{NativeOutcome, not_unicode};
pub use log::NativeLog;

uniffi::setup_scaffolding!("devcred");
