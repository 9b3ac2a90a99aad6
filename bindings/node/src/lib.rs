//! The addon of devcred for Node.js. It is private to the facade in `lib`, which checks the types
//! of arguments.
//!
//! Nothing here throws: errors are returned as plain objects, from which the facade creates its
//! errors.

#![allow(missing_docs, reason = "private to the facade, which has the documentation")]
#![allow(unreachable_pub, reason = "napi exports public items")]

pub mod client;
mod data;
mod events;

use devcred_bridge::{self as bridge, ErrorKind};
use napi_derive::napi;

use crate::data::ErrorInfo;

/// Returns the name of every kind of error.
#[napi(catch_unwind)]
pub fn kinds() -> Vec<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.name()).collect()
}

/// Creates the error for a string that JavaScript has and UTF-8 has not.
#[napi(catch_unwind)]
pub fn not_unicode(name: String) -> ErrorInfo {
    bridge::ErrorInfo::not_unicode(&name).into()
}
