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
use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::data::{Credential, ErrorInfo, RevealedCredential};

/// Returns the name of every kind of error.
#[napi(catch_unwind)]
pub fn kinds() -> Vec<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.name()).collect()
}

/// Returns the name of every environment variable that a client reads.
#[napi(catch_unwind)]
pub fn variable_names() -> Vec<&'static str> {
    bridge::VARIABLES.to_vec()
}

/// Restores a credential, or returns why it cannot be one.
#[napi(catch_unwind)]
pub fn restore(revealed: RevealedCredential) -> Either<Credential, ErrorInfo> {
    match bridge::RevealedCredential::from(revealed).restore() {
        Ok(credential) => Either::A(credential.into()),
        Err(error) => Either::B(error.into()),
    }
}

/// Creates the error for a string that JavaScript has and UTF-8 has not.
#[napi(catch_unwind)]
pub fn not_unicode(name: String) -> ErrorInfo {
    bridge::ErrorInfo::not_unicode(&name).into()
}
