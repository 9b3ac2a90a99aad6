//! The environment variables that the command itself looks at. The core reads all of them.

pub(crate) const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
pub(crate) const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
pub(crate) const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
pub(crate) const INSTANCE_ID: &str = "DEVCRED_INSTANCE_ID";

/// An empty variable counts as unset, as it does for clients.
pub(crate) fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
