//! The fuzz targets: what devcred promises of anything that comes from outside. A target panics where a promise is broken.
//!
//! Each takes any bytes. `corpus/` holds inputs a target begins with, which the tests replay; `words.dict` holds what
//! libFuzzer puts together new ones of. A finding, once it is understood, goes into the corpus.

#![allow(clippy::expect_used, clippy::panic, reason = "a target tells of a finding by a panic")]

mod answer;
mod call;
mod endpoint;
mod error_body;
mod string_to_sign;
mod text;

use std::fs;

pub use answer::answer;
pub use endpoint::endpoint;
pub use error_body::error_body;
pub use string_to_sign::string_to_sign;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program and of its folder in the corpus.
pub const TARGETS: [(&str, Target); 4] =
    [("answer", answer), ("endpoint", endpoint), ("error_body", error_body), ("string_to_sign", string_to_sign)];

/// Gives the files named on the command line to a target.
///
/// # Errors
/// A file that cannot be read.
pub fn replay(target: Target) -> std::io::Result<()> {
    std::env::args_os().skip(1).try_for_each(|file| fs::read(file).map(|data| target(&data)))
}
