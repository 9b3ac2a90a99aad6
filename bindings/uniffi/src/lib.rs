//! What Kotlin and Swift are given of the bridge, by uniffi: a client, a call that is started and tells a listener its outcome,
//! and a way to cancel it. What uniffi generates of this stays private to a facade in each language, since
//!
//! - a generated Swift `async` function does not pass on a cancel, so nothing here is `async`;
//! - a generated error is no error that a person would want to read, so errors are values here;
//! - a generated Kotlin record prints all of its members, so no record here leaves the facade.
//!
//! No panic gets past this crate: a function that returns no error crashes the whole process in Swift where one does.

mod call;
mod client;
mod log;
mod options;
mod outcome;

pub use call::{NativeCall, NativeListener};
pub use client::{NativeClient, NativeOpened, open, refuse_blocking};
pub use log::NativeLog;
pub use options::{Language, NativeAccessKey, NativeOptions, NativeRequest};
pub use outcome::{NativeCredential, NativeError, NativeOutcome, invalid_parameter};

uniffi::setup_scaffolding!("devcred");
