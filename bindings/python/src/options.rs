//! Arguments as Python gives them. `None` is an option that is not given, and no error shows a value.

use std::time::Duration;

use devcred_bridge::{self as bridge, ErrorInfo, Options, Request, Secret};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::{log, outcome};

/// The options of a client.
pub(crate) fn options(from_env: bool, given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let mut options = Options { from_env, log: Some(log::to_logger()), ..Options::new("python") };
    for (name, value) in given {
        let name: String = name.extract()?;
        set(&mut options, &name, &value)?;
    }
    Ok(options)
}

fn set(options: &mut Options, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match name {
        "access_key_id" => options.access_key_id = given(name, value, text)?,
        "access_key_secret" => options.access_key_secret = given(name, value, secret)?,
        "security_token" => options.security_token = given(name, value, secret)?,
        "region" => options.region = given(name, value, text)?,
        "network" => options.network = given(name, value, text)?,
        "endpoint" => options.endpoint = given(name, value, text)?,
        "instance_id" => options.instance_id = given(name, value, text)?,
        "signature" => options.signature = given(name, value, text)?,
        "timeout" => options.timeout = given(name, value, seconds)?,
        "attempt_timeout" => options.attempt_timeout = given(name, value, seconds)?,
        "connect_timeout" => options.connect_timeout = given(name, value, seconds)?,
        "max_attempts" => options.max_attempts = given(name, value, count)?,
        "max_requests_per_second" => options.max_requests_per_second = given(name, value, count)?,
        "root_certificates_pem" => options.root_certificates_pem = given(name, value, text_or_bytes)?,
        "proxy" => options.proxy = given(name, value, text)?,
        _ => return Err(PyTypeError::new_err(format!("'{name}' is not an option of a devcred client"))),
    }
    Ok(())
}

/// What a call asks for.
pub(crate) fn request(
    client_id: &Bound<'_, PyAny>,
    instance_id: &Bound<'_, PyAny>,
    timeout: &Bound<'_, PyAny>,
) -> PyResult<Request> {
    Ok(Request {
        client_id: text("client_id", client_id)?,
        instance_id: given("instance_id", instance_id, text)?,
        timeout: given("timeout", timeout, seconds)?,
    })
}

type Read<T> = fn(&str, &Bound<'_, PyAny>) -> PyResult<T>;

pub(crate) fn given<T>(name: &str, value: &Bound<'_, PyAny>, read: Read<T>) -> PyResult<Option<T>> {
    if value.is_none() { Ok(None) } else { read(name, value).map(Some) }
}

pub(crate) fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, "a str", value))?;
    // Python's own error would hold the text, which may be a secret.
    let refused =
        |_| ErrorInfo::invalid_parameter(&format!("{name} is not valid Unicode: it contains a lone surrogate"));
    let text = text.to_cow().map_err(refused).map_err(|refused| outcome::exception(value.py(), *refused))?;
    Ok(text.into_owned())
}

pub(crate) fn secret(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Secret> {
    text(name, value).map(Secret::new)
}

fn text_or_bytes(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_owned()),
        Err(_) if value.is_instance_of::<PyString>() => text(name, value).map(String::into_bytes),
        Err(_) => Err(wrong_type(name, "a str or bytes", value)),
    }
}

/// A number of seconds, or a `timedelta`, which is told by its method.
fn seconds(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let number = match value.getattr_opt("total_seconds")? {
        Some(total_seconds) => total_seconds.call0()?,
        None => value.clone(),
    };
    or_the_farthest(&number, number.extract(), f64::INFINITY, f64::NEG_INFINITY)
        .map(bridge::seconds)
        .map_err(|_| wrong_type(name, "a number of seconds or a timedelta", value))
}

fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    or_the_farthest(value, value.extract(), i64::MAX, i64::MIN)
        .map(bridge::count)
        .map_err(|_| wrong_type(name, "an int", value))
}

/// Python's integers have no end: one that is too large is refused by the core, as any that is out of its range.
fn or_the_farthest<T>(value: &Bound<'_, PyAny>, extracted: PyResult<T>, above: T, below: T) -> PyResult<T> {
    match extracted {
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Ok(if value.gt(0)? { above } else { below })
        }
        other => other,
    }
}

fn wrong_type(name: &str, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {expected}, not {found}"))
}
