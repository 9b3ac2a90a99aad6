//! devcred for Node.js: the addon. What people see is the facade in JavaScript beside this folder; it is the only caller of what
//! stands here, and gives arguments of the right types.
//!
//! Nothing here throws: a refusal is returned as a plain object, of which the facade makes its own error.

#![allow(missing_docs, reason = "private to the facade, which has the documentation")]
#![allow(unreachable_pub, reason = "napi exports what is public")]

pub mod client;
mod events;
mod options;
mod outcome;

use devcred_bridge::{ErrorInfo, ErrorKind};
use napi_derive::napi;

use crate::outcome::Failure;

/// The names of every kind of error.
#[napi(catch_unwind)]
pub fn kinds() -> Vec<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.name()).collect()
}

/// The facade's own refusal of a value that JavaScript has and the core cannot take.
#[napi(catch_unwind)]
pub fn invalid_parameter(message: String) -> Failure {
    ErrorInfo::invalid_parameter(&message).into()
}
