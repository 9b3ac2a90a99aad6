//! The environment variables. They are read by a function, so that tests and the command can pass
//! their own.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// Every variable that a client reads.
pub const NAMES: [&str; 12] = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_REGION_ID",
    "DEVCRED_INSTANCE_ID",
    "DEVCRED_ENDPOINT",
    "DEVCRED_MAX_REQUESTS_PER_SECOND",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
];

/// Reads environment variables. An empty variable counts as unset.
#[derive(Clone)]
pub(crate) struct Env(Arc<LookUp>);

type LookUp = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// A configuration value and the option or variable that set it.
#[derive(Clone)]
pub(crate) struct NamedValue {
    pub name: &'static str,
    pub value: String,
}

impl NamedValue {
    /// Creates the value of an option.
    pub(crate) fn option(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }
}

impl Env {
    pub(crate) fn new(look_up: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look_up))
    }

    /// Returns the variable, or `None` if it is unset or empty.
    ///
    /// # Errors
    /// `InvalidParameter`, with the variable's name, if its value is not Unicode.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<NamedValue>, Error> {
        debug_assert!(NAMES.contains(&name), "{name} is not in the list of variables");
        match (self.0)(name).filter(|value| !value.is_empty()).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(NamedValue { name, value })),
            Some(Err(_)) => Err(Error::invalid_parameter(format!("{name} is not valid Unicode"))),
        }
    }

    /// Returns the first of these variables that is set: some exist in upper and lower case.
    pub(crate) fn first_of(&self, names: &[&'static str]) -> Result<Option<NamedValue>, Error> {
        for name in names {
            if let Some(setting) = self.get(name)? {
                return Ok(Some(setting));
            }
        }
        Ok(None)
    }
}

impl Default for Env {
    fn default() -> Self {
        Self::new(|name| std::env::var_os(name))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

#[cfg(test)]
impl Env {
    /// An environment with only these variables.
    pub(crate) fn of(pairs: &[(&'static str, &'static str)]) -> Self {
        let pairs = pairs.to_vec();
        Self::new(move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }
}
