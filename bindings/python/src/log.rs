//! Log events on their way to the logger `devcred` of Python's `logging`.

use std::sync::atomic::{AtomicU8, Ordering};

use devcred_bridge::{Log, LogLevel};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::door;

/// How many of `LogLevel::ALL` the logger asked for when a call looked last. So an event that nobody wants takes no GIL.
static WANTED: AtomicU8 = AtomicU8::new(0);

pub(crate) fn to_logger() -> Log {
    Log::new(LogLevel::Trace, |level, line| {
        if rank(level) <= WANTED.load(Ordering::Relaxed) {
            // There is nobody to tell that a handler has failed; `logging` itself prints it.
            door::enter(|py| tell(py, level, line));
        }
    })
}

/// Looks which events the logger asks for now. Where nobody has imported `logging`, nobody has asked.
pub(crate) fn look(py: Python<'_>) -> PyResult<()> {
    let wanted = match logger(py)? {
        None => 0,
        Some(logger) => {
            let mut wanted = 0;
            for level in LogLevel::ALL {
                if !logger.call_method1("isEnabledFor", (number(*level),))?.is_truthy()? {
                    break;
                }
                wanted = rank(*level);
            }
            wanted
        }
    };
    WANTED.store(wanted, Ordering::Relaxed);
    Ok(())
}

fn tell(py: Python<'_>, level: LogLevel, line: &str) -> PyResult<()> {
    if let Some(logger) = logger(py)? {
        logger.call_method1("log", (number(level), line))?;
    }
    Ok(())
}

/// The logger, which is silent until somebody gives it a handler.
fn logger(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(logger) = LOGGER.get(py) {
        return Ok(Some(logger.bind(py)));
    }
    let Some(logging) = imported(py, "logging")? else {
        return Ok(None);
    };
    let logger = LOGGER.get_or_try_init(py, || {
        let logger = logging.call_method1("getLogger", ("devcred",))?;
        logger.call_method1("addHandler", (logging.call_method0("NullHandler")?,))?;
        PyResult::Ok(logger.unbind())
    })?;
    Ok(Some(logger.bind(py)))
}

/// A module of the standard library, if anybody has imported it.
pub(crate) fn imported<'py>(py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
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

/// The level as Python counts; it has none below DEBUG.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Error => 40,
        LogLevel::Warn => 30,
        LogLevel::Info => 20,
        LogLevel::Debug | LogLevel::Trace => 10,
    }
}
