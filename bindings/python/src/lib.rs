//! `devcred._native`: what the package `devcred` is built on. It is private: the package is the API.
//!
//! It converts, starts, completes and cancels; what a call is lives in the bridge. Threads of the bridge enter Python by
//! `door.rs` only.

#![forbid(unsafe_code)]

mod client;
mod door;
mod inbox;
mod log;
mod options;
mod outcome;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::client::{Call, Client};
    #[pymodule_export]
    use super::door::shut;
    #[pymodule_export]
    use super::inbox::Inbox;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        let shut = module.getattr("shut")?;
        module.py().import("atexit")?.call_method1("register", (shut,))?;
        Ok(())
    }
}
