//! Converts arguments from Python. `None` means that an argument is absent. No error shows a value.

use devcred_bridge::{Count, ErrorInfo, Milliseconds, Operation, Options, Pem, Request, Secret, options_fields};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyString};

use crate::outcome;

/// Converts the keyword arguments of a client.
pub(crate) fn options(from_env: bool, keywords: &Bound<'_, PyDict>) -> PyResult<Options> {
    let mut options = Options { from_env, ..Options::default() };
    for (name, value) in keywords {
        set_option(&mut options, &name.extract::<String>()?, &value)?;
    }
    Ok(options)
}

/// Sets the option with this name, from the table of the bridge.
macro_rules! set_by_name {
    (
        ($options:ident, $name:ident, $value:ident) {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $option:ident: $option_type:ident,)* }
        }
    ) => {
        $(
            if $name == python_name(stringify!($option)) {
                $options.$option = optional::<$option_type>($name, $value)?;
                return Ok(());
            }
        )*
    };
}

fn set_option(options: &mut Options, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    options_fields!(set_by_name! { (options, name, value) });
    Err(unknown_option(value.py(), name))
}

/// Refuses an option that does not exist. The text is composed in Python, which has the names of
/// all options and a search for similar ones.
fn unknown_option(py: Python<'_>, name: &str) -> PyErr {
    let text = py.import("devcred._options").and_then(|options| options.call_method1("describe_unknown", (name,)));
    text.map_or_else(|failed| failed, |text| PyTypeError::new_err(text.unbind()))
}

/// Python's durations are seconds or a `timedelta`, so their names have no unit.
fn python_name(option: &str) -> &str {
    option.strip_suffix("_ms").unwrap_or(option)
}

/// Converts the arguments of a call.
pub(crate) fn request(
    operation: &str,
    client_id: &Bound<'_, PyAny>,
    instance_id: &Bound<'_, PyAny>,
    timeout: &Bound<'_, PyAny>,
) -> PyResult<Request> {
    let operation: Result<Operation, _> = operation.parse();
    Ok(Request {
        operation: operation.map_err(|refusal| outcome::exception(client_id.py(), *refusal))?,
        client_id: FromPython::from_python("client_id", client_id)?,
        instance_id: optional("instance_id", instance_id)?,
        timeout_ms: optional("timeout", timeout)?,
    })
}

/// A type of the bridge that an argument is converted to.
pub(crate) trait FromPython: Sized {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self>;
}

pub(crate) fn optional<T: FromPython>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<T>> {
    if value.is_none() { Ok(None) } else { T::from_python(name, value).map(Some) }
}

impl FromPython for String {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let text = value.cast::<PyString>().map_err(|_| wrong_type(name, "a str", value))?;
        // Python's own error would contain the text, which may be a secret.
        let text = text.to_cow().map_err(|_| outcome::exception(value.py(), *ErrorInfo::not_unicode(name)))?;
        Ok(text.into_owned())
    }
}

impl FromPython for Secret {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        String::from_python(name, value).map(Secret::new)
    }
}

impl FromPython for Pem {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        match value.cast::<PyBytes>() {
            Ok(bytes) => Ok(bytes.as_bytes().to_owned()),
            Err(_) if value.is_instance_of::<PyString>() => String::from_python(name, value).map(String::into_bytes),
            Err(_) => Err(wrong_type(name, "a str or bytes", value)),
        }
    }
}

/// A number of seconds or a `timedelta` (detected by `total_seconds`).
impl FromPython for Milliseconds {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let expected = "a number of seconds or a timedelta";
        if value.is_instance_of::<PyBool>() {
            return Err(wrong_type(name, expected, value));
        }
        let number = match value.getattr_opt("total_seconds")? {
            Some(total_seconds) => total_seconds.call0()?,
            None => value.clone(),
        };
        saturating_extract(&number, f64::NEG_INFINITY, f64::INFINITY)
            .map(Milliseconds::from_seconds)
            .map_err(|_| wrong_type(name, expected, value))
    }
}

impl FromPython for Count {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        i64::from_python(name, value).map(Count::from)
    }
}

impl FromPython for i64 {
    fn from_python(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        // A bool is an int in Python, but `max_attempts=True` is a mistake.
        if value.is_instance_of::<PyBool>() {
            return Err(wrong_type(name, "an int", value));
        }
        saturating_extract(value, i64::MIN, i64::MAX).map_err(|_| wrong_type(name, "an int", value))
    }
}

/// Extracts a number. Python's integers are unbounded: one that is too large becomes `max`, which
/// the core refuses like any number out of range.
fn saturating_extract<'py, T>(value: &Bound<'py, PyAny>, min: T, max: T) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    match value.extract::<T>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(if value.gt(0)? { max } else { min }),
        other => other,
    }
}

fn wrong_type(name: &str, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {expected}, not {found}"))
}
