//! devcred for C. `include/devcred.h` is made of these files by cbindgen, their documentation is the header's.
//!
//! Every exported function goes through `boundary.rs`: no panic, no NULL and no text that is not UTF-8 gets past it.

#![allow(unreachable_pub, reason = "C reaches what is exported")]
#![allow(clippy::missing_safety_doc, reason = "what a function asks of its caller stands in the header, in C's words")]

// The order of the header.
mod version;

mod status;

mod options;

mod log;

mod client;

mod call;

mod credential;

mod error;

mod boundary;
mod text;
