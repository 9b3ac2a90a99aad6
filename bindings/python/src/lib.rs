//! `devcred._native`: what the package `devcred` is built on. It is private: the package is the API.
//!
//! It converts, starts, completes and cancels; what a call is lives in the bridge. Threads that are outside of
//! Python enter it by `door.rs` only.

mod client;
mod door;
mod inbox;
mod log;
mod options;
mod outcome;

use pyo3::exceptions::PyImportError;
use pyo3::ffi::{PyInterpreterState_Get, PyInterpreterState_GetID};
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
        if !is_main_interpreter(module.py()) {
            return Err(PyImportError::new_err("devcred does not support subinterpreters"));
        }
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        let shut = module.getattr("shut")?;
        module.py().import("atexit")?.call_method1("register", (shut,))?;
        Ok(())
    }
}

/// The door, the logger and the classes are the process's, so that two interpreters cannot share them. From 3.12 on, Python itself
/// looks after that.
fn is_main_interpreter(_: Python<'_>) -> bool {
    // SAFETY: this thread is attached, which is all that both ask for.
    unsafe { PyInterpreterState_GetID(PyInterpreterState_Get()) == 0 }
}
