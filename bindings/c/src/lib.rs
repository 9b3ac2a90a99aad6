//! devcred for C. cbindgen generates `include/devcred.h` from these files, with their
//! documentation.
//!
//! Every exported function goes through `panic.rs` and `pointer.rs`: panics, NULL and strings that
//! are not UTF-8 become errors.

#![allow(unreachable_pub, reason = "C calls the exported functions")]
#![allow(clippy::missing_safety_doc, reason = "the header documents what a function requires of its caller")]

// The order of the header.
mod version;

mod status;

mod options;

mod log;

mod client;

mod call;

mod credential;

mod error;

mod cancellation;
mod outcome;
mod panic;
mod pointer;
mod text;
mod user_data;
