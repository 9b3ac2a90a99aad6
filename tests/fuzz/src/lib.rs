//! The fuzz targets: what devcred promises of anything that comes from outside. A target panics where a promise is broken.
//!
//! Each takes any bytes. `corpus/` holds inputs a target begins with, which the tests replay; `words.dict` holds what
//! libFuzzer puts together new ones of. A finding, once it is understood, goes into the corpus.

#![allow(clippy::expect_used, clippy::panic, reason = "a target tells of a finding by a panic")]

mod answer;
mod c_abi;
mod c_api;
mod c_callback;
mod call;
mod endpoint;
mod error_body;
/// Not by a dependency: the driver's crate would bring many others that are instrumented too.
#[allow(dead_code, unreachable_pub, reason = "a target needs some of it")]
#[path = "../../conformance/src/line.rs"]
mod line;
mod probe_line;
mod proxy;
mod root_certificates;
mod string_to_sign;
mod text;

use std::fs;

pub use answer::answer;
pub use c_api::c_api;
pub use endpoint::endpoint;
pub use error_body::error_body;
pub use probe_line::probe_line;
pub use proxy::proxy;
pub use root_certificates::root_certificates;
pub use string_to_sign::string_to_sign;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program and of its folder in the corpus.
pub const TARGETS: [(&str, Target); 8] = [
    ("answer", answer),
    ("c_api", c_api),
    ("endpoint", endpoint),
    ("error_body", error_body),
    ("probe_line", probe_line),
    ("proxy", proxy),
    ("root_certificates", root_certificates),
    ("string_to_sign", string_to_sign),
];

/// Gives the files named on the command line to a target.
///
/// # Errors
/// A file that cannot be read.
pub fn replay(target: Target) -> std::io::Result<()> {
    std::env::args_os().skip(1).try_for_each(|file| fs::read(file).map(|data| target(&data)))
}
