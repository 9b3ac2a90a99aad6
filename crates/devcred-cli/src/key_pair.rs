//! The AccessKey that the emulator knows, from the variables in which its clients have theirs.

use std::env;

use devcred::AccessKey;

use crate::failure::Failure;

pub(crate) const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
pub(crate) const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
pub(crate) const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

pub(crate) struct KeyPair {
    pub id: String,
    pub secret: String,
    pub security_token: Option<String>,
}

impl KeyPair {
    /// `None` where neither id nor secret is set. What a client would refuse is refused here too:
    /// no call could succeed.
    pub(crate) fn from_environment() -> Result<Option<Self>, Failure> {
        let (id, secret) = match (variable(ID)?, variable(SECRET)?) {
            (Some(id), Some(secret)) => (id, secret),
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(only_one_is_set(SECRET, ID)),
            (Some(_), None) => return Err(only_one_is_set(ID, SECRET)),
        };
        let security_token = variable(SECURITY_TOKEN)?;
        let key = AccessKey::new(&id, &secret).map_err(unusable)?;
        if let Some(token) = &security_token {
            key.with_security_token(token).map_err(unusable)?;
        }
        Ok(Some(Self { id, secret, security_token }))
    }
}

/// An empty variable counts as unset, as it does for clients.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not valid Unicode"))),
    }
}

fn unusable(error: devcred::Error) -> Failure {
    Failure::Usage(error.message().to_owned())
}

fn only_one_is_set(set: &str, unset: &str) -> Failure {
    Failure::Usage(format!(
        "{set} is set and {unset} is not; set both to use your own AccessKey, or neither to have one generated"
    ))
}
