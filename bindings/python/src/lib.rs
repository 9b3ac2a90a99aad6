//! `devcred._native`, the private module on which the package `devcred` is built.
//!
//! It converts arguments and outcomes, and starts and cancels calls; the bridge runs them. Threads
//! that are not attached to Python use `attach.rs`.

mod arguments;
mod attach;
mod client;
mod completion_queue;
mod log;
mod outcome;

use pyo3::exceptions::PyImportError;
use pyo3::ffi::{PyInterpreterState_Get, PyInterpreterState_GetID};
use pyo3::prelude::*;

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::attach::block_new_threads;
    #[pymodule_export]
    use super::client::{Call, Client};
    #[pymodule_export]
    use super::completion_queue::CompletionQueue;
    #[pymodule_export]
    use super::outcome::restore;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        if !is_main_interpreter(module.py()) {
            return Err(PyImportError::new_err("devcred does not support subinterpreters"));
        }
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        let at_exit = module.getattr("block_new_threads")?;
        module.py().import("atexit")?.call_method1("register", (at_exit,))?;
        Ok(())
    }
}

/// The counter of attached threads, the logger and the classes belong to the process, so two
/// interpreters cannot share them. Since 3.12, Python itself refuses subinterpreters.
fn is_main_interpreter(_: Python<'_>) -> bool {
    // SAFETY: this thread is attached, which is all that both require.
    unsafe { PyInterpreterState_GetID(PyInterpreterState_Get()) == 0 }
}
