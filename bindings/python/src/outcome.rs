//! Outcomes as Python sees them: a credential, or an exception. Their classes are Python's.

use devcred_bridge::{Credential, ErrorInfo, Outcome};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

pub(crate) fn to_python(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Outcome::Ok(fetched) => credential(py, *fetched),
        Outcome::Error(error) => Err(exception(py, *error)),
        Outcome::Cancelled => {
            Err(PyRuntimeError::new_err("the call was cancelled because the interpreter is shutting down"))
        }
    }
}

fn credential(py: Python<'_>, fetched: Credential) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "devcred._credential", "DeviceCredential")?.call1(((
        fetched.client_id,
        fetched.instance_id,
        fetched.device_access_key_id,
        fetched.device_access_key_secret.reveal(),
        fetched.create_time_ms,
        fetched.update_time_ms,
        fetched.request_id,
        fetched.mqtt_login.username,
        fetched.mqtt_login.password.reveal(),
    ),))
}

pub(crate) fn exception(py: Python<'_>, error: ErrorInfo) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = MAKE.import(py, "devcred._errors", "make").and_then(|make| {
        make.call1((
            error.kind.name(),
            error.text,
            error.message,
            error.code,
            error.http_status,
            error.request_id,
            error.retryable,
            error.attempts,
            error.help_url,
            error.advice,
        ))
    });
    made.map_or_else(|failed| failed, PyErr::from_value)
}
