//! Converts outcomes to Python: to a credential or an exception, whose classes are in Python.

use devcred_bridge::{Credential, ErrorInfo, Outcome};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

pub(crate) fn to_python(py: Python<'_>, outcome: Outcome) -> PyResult<Bound<'_, PyAny>> {
    match outcome {
        Outcome::Credential(returned) => credential(py, *returned),
        Outcome::Error(error) => Err(exception(py, *error)),
        Outcome::Cancelled => {
            Err(PyRuntimeError::new_err("the call was cancelled because the interpreter is shutting down"))
        }
    }
}

fn credential(py: Python<'_>, credential: Credential) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "devcred._credential", "DeviceCredential")?.call1(((
        credential.client_id,
        credential.instance_id,
        credential.device_access_key_id,
        credential.device_access_key_secret.reveal(),
        credential.create_time_ms,
        credential.update_time_ms,
        credential.request_id,
        credential.mqtt_login.username,
        credential.mqtt_login.password.reveal(),
    ),))
}

pub(crate) fn exception(py: Python<'_>, error: ErrorInfo) -> PyErr {
    static CREATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let created = CREATE.import(py, "devcred._errors", "create").and_then(|create| {
        create.call1((
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
    created.map_or_else(|failed| failed, PyErr::from_value)
}
