//! What uniffi exports to Swift: a client, and a call that can be cancelled and whose listener
//! receives the outcome. The generated code stays private to the facade, because
//!
//! - a generated `async` function does not pass on cancellation, so nothing here is `async`;
//! - generated errors are not idiomatic, so errors are values here.
//!
//! No panic leaves this crate: a panic in a function without an error crashes the process.

mod call;
mod client;
mod data;
mod log;
mod restore;

pub use call::{NativeCall, NativeListener};
pub use client::{NativeClient, NativeOpened, open};
pub use log::NativeLog;
pub use restore::{NativeRestored, restore};

uniffi::setup_scaffolding!("devcred");
