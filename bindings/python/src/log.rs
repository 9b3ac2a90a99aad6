//! Passes log events to the logger `devcred` of Python's `logging`.
//!
//! During a blocking call, handlers run on the thread of the call, which may be the main thread.
//! Then signal handlers run too, and what they raise ends the call.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU8, Ordering};

use devcred_bridge::{Log, LogLevel};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::attach;
use crate::client::run_signal_handlers;

/// The levels that the core logs at, the most verbose first.
const LOGGED: [LogLevel; 2] = [LogLevel::Debug, LogLevel::Warn];

/// The rank of the most verbose level that the logger had enabled when the last call started, so
/// that a disabled event does not take the GIL.
static ENABLED: AtomicU8 = AtomicU8::new(0);

thread_local! {
    static IS_BLOCKED: Cell<bool> = const { Cell::new(false) };
    static INTERRUPT: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// While this lives, its thread makes a blocking call.
pub(crate) struct BlockedThread {
    was_blocked: bool,
}

impl BlockedThread {
    pub(crate) fn new() -> Self {
        Self { was_blocked: IS_BLOCKED.replace(true) }
    }

    /// Returns what a signal handler has raised during an event.
    pub(crate) fn take_interrupt(&self) -> Option<PyErr> {
        INTERRUPT.take()
    }
}

impl Drop for BlockedThread {
    fn drop(&mut self) {
        IS_BLOCKED.set(self.was_blocked);
    }
}

pub(crate) fn to_logger() -> Log {
    let is_enabled = |level| rank(level) <= ENABLED.load(Ordering::Relaxed);
    Log::with_filter(is_enabled, |level, line| {
        attach::try_attach(|py| {
            if IS_BLOCKED.get() {
                interrupt_on_error(run_signal_handlers(py));
            }
            match emit(py, level, line) {
                // Raised by a signal handler that has run meanwhile, such as that of Ctrl-C.
                Err(error) if IS_BLOCKED.get() && !error.is_instance_of::<PyException>(py) => {
                    interrupt_on_error(Err(error));
                }
                // An error of a handler has nowhere to go; `logging` itself prints it.
                _ => {}
            }
        });
    })
}

fn interrupt_on_error(result: PyResult<()>) {
    if let Err(error) = result {
        INTERRUPT.set(Some(error));
    }
}

/// Reads which events the logger enables now. If `logging` was never imported, it enables none.
pub(crate) fn refresh_level(py: Python<'_>) -> PyResult<()> {
    let enabled = match logger(py)? {
        None => 0,
        Some(logger) => {
            let mut enabled = 0;
            for level in LOGGED {
                if logger.call_method1(intern!(py, "isEnabledFor"), (number(level),))?.is_truthy()? {
                    enabled = rank(level);
                    break;
                }
            }
            enabled
        }
    };
    ENABLED.store(enabled, Ordering::Relaxed);
    Ok(())
}

fn emit(py: Python<'_>, level: LogLevel, line: &str) -> PyResult<()> {
    if let Some(logger) = logger(py)? {
        logger.call_method1("log", (number(level), line))?;
    }
    Ok(())
}

/// Returns the logger, which is silent until the program adds a handler.
fn logger(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(logger) = LOGGER.get(py) {
        return Ok(Some(logger.bind(py)));
    }
    let Some(logging) = module_if_imported(py, "logging")? else {
        return Ok(None);
    };
    let logger = LOGGER.get_or_try_init(py, || {
        let logger = logging.call_method1("getLogger", ("devcred",))?;
        logger.call_method1("addHandler", (logging.call_method0("NullHandler")?,))?;
        PyResult::Ok(logger.unbind())
    })?;
    Ok(Some(logger.bind(py)))
}

/// Returns a module of the standard library if the program has imported it.
pub(crate) fn module_if_imported<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = MODULES.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
    })?;
    modules.bind(py).get_item(name)
}

fn rank(level: LogLevel) -> u8 {
    match level {
        LogLevel::Error => 1,
        LogLevel::Warn => 2,
        LogLevel::Info => 3,
        LogLevel::Debug => 4,
        LogLevel::Trace => 5,
    }
}

/// Returns the number of the level in Python, which has none below DEBUG.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Error => 40,
        LogLevel::Warn => 30,
        LogLevel::Info => 20,
        LogLevel::Debug | LogLevel::Trace => 10,
    }
}
