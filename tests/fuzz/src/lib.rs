//! The fuzz targets: devcred's promises for untrusted input. A target panics if a promise is
//! broken.
//!
//! A target takes any bytes. `corpus/` contains its initial inputs, which the tests replay;
//! `words.dict` contains words that libFuzzer inserts into new inputs. Add the input of a finding
//! to the corpus, together with the fix.

#![allow(clippy::expect_used, clippy::panic, reason = "a target reports a finding by panicking")]

mod answer;
mod c_abi;
mod c_api;
mod c_callback;
mod call;
mod endpoint;
mod error_body;
/// Included by path: a dependency on the driver's crate would instrument many other crates.
#[allow(dead_code, unreachable_pub, reason = "the target uses a part of it")]
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

/// Every target, with the name of its program and of its corpus folder.
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

/// Runs a target with the contents of each file on the command line.
///
/// # Errors
/// If a file cannot be read.
pub fn replay(target: Target) -> std::io::Result<()> {
    std::env::args_os().skip(1).try_for_each(|file| fs::read(file).map(|data| target(&data)))
}
