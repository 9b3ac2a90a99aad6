//! Converts outcomes to Python: to a credential or an exception, whose classes are in Python.

use devcred_bridge::{Credential, ErrorInfo, Outcome, RevealedCredential};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::arguments::FromPython;

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
    static CREATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CREATE.import(py, "devcred._credential", "create")?.call1((values(py, credential)?,))
}

/// Creates the values of a credential from what a program stored.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "the members of a credential")]
pub(crate) fn restore<'py>(
    client_id: &Bound<'py, PyAny>,
    instance_id: &Bound<'py, PyAny>,
    device_access_key_id: &Bound<'py, PyAny>,
    device_access_key_secret: &Bound<'py, PyAny>,
    create_time_ms: &Bound<'py, PyAny>,
    update_time_ms: &Bound<'py, PyAny>,
    request_id: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = client_id.py();
    let revealed = RevealedCredential {
        client_id: FromPython::from_python("client_id", client_id)?,
        instance_id: FromPython::from_python("instance_id", instance_id)?,
        device_access_key_id: FromPython::from_python("device_access_key_id", device_access_key_id)?,
        device_access_key_secret: FromPython::from_python("device_access_key_secret", device_access_key_secret)?,
        create_time_ms: FromPython::from_python("create_time_ms", create_time_ms)?,
        update_time_ms: FromPython::from_python("update_time_ms", update_time_ms)?,
        request_id: FromPython::from_python("request_id", request_id)?,
    };
    values(py, revealed.restore().map_err(|refusal| exception(py, *refusal))?)
}

/// The values of a credential with its login, in the order of `_credential.py`.
fn values(py: Python<'_>, credential: Credential) -> PyResult<Bound<'_, PyTuple>> {
    (
        credential.client_id,
        credential.instance_id,
        credential.device_access_key_id,
        credential.device_access_key_secret.reveal(),
        credential.create_time_ms,
        credential.update_time_ms,
        credential.request_id,
        credential.mqtt_login.username,
        credential.mqtt_login.password.reveal(),
    )
        .into_pyobject(py)
}

pub(crate) fn exception(py: Python<'_>, error: ErrorInfo) -> PyErr {
    static CREATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let created = CREATE.import(py, "devcred._errors", "create").and_then(|create| {
        let members = PyDict::new(py);
        members.set_item("message", error.message)?;
        members.set_item("client_id", error.client_id)?;
        members.set_item("instance_id", error.instance_id)?;
        members.set_item("code", error.code)?;
        members.set_item("http_status", error.http_status)?;
        members.set_item("request_id", error.request_id)?;
        members.set_item("retryable", error.retryable)?;
        members.set_item("possibly_billed", error.possibly_billed)?;
        members.set_item("retry_after", error.retry_after_ms.map(|ms| ms as f64 / 1000.0))?;
        members.set_item("attempts", error.attempts)?;
        members.set_item("help_url", error.help_url)?;
        members.set_item("advice", error.advice)?;
        create.call1((error.kind.name(), error.text, members))
    });
    created.map_or_else(|failed| failed, PyErr::from_value)
}
