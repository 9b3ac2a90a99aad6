//! The AccessKey, from the program or from the environment.

use crate::crypto::SigningKey;
use crate::env::Env;
use crate::error::Error;
use crate::requirements::are_not_set;
use crate::secret::Secret;
use crate::validate;

const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The AccessKey that signs the requests: an id, its secret and, for temporary credentials of STS,
/// a security token.
///
/// Each part is visible ASCII and not empty; a stray line feed from a file is refused rather than
/// signed.
///
/// ```
/// use devcred::AccessKey;
/// # fn main() -> Result<(), devcred::Error> {
/// let permanent = AccessKey::new("LTAI5tExample", "the-secret")?;
/// let temporary = AccessKey::new("STS.NUExample", "the-secret")?.with_security_token("CAIS+/==")?;
/// assert_eq!(temporary.id(), "STS.NUExample");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AccessKey {
    id: String,
    secret: Secret,
    security_token: Option<Secret>,
    signing_key: SigningKey,
}

impl AccessKey {
    /// Creates a permanent AccessKey. Use one of a RAM user that has only the permissions
    /// `mq:MqttInstanceAccess` and `mq:GetDeviceCredential` on the instance, and
    /// `mq:RegisterDeviceCredential` if it registers devices.
    ///
    /// # Errors
    /// `InvalidParameter` if a part is empty or contains anything but visible ASCII.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        Self::named(["AccessKey id", "AccessKey secret"], id.into(), Secret::new(secret))
    }

    /// Reads the AccessKey from the environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`,
    /// `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for a temporary key, `ALIBABA_CLOUD_SECURITY_TOKEN`.
    /// These are the variables of the vendor's SDKs. An empty variable counts as unset.
    ///
    /// [`ClientBuilder::from_env`](crate::ClientBuilder::from_env) does this by itself. Use it to
    /// check the variables, or to pass them on:
    ///
    /// ```
    /// # use devcred::{AccessKey, Client};
    /// # // SAFETY: nothing else in this program reads or writes the environment now.
    /// # unsafe { std::env::set_var("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tExample") };
    /// # unsafe { std::env::set_var("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "the-secret") };
    /// # fn main() -> Result<(), devcred::Error> {
    /// let key = AccessKey::from_env()?;
    /// assert_eq!(key.id(), "LTAI5tExample");
    /// let client = Client::builder().access_key(key).region("cn-hangzhou").build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidParameter`, with the names of the variables, if id or secret is not set, or if a
    /// variable contains anything but visible ASCII.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(&Env::default())
    }

    /// Adds the security token that STS issued with a temporary AccessKey.
    ///
    /// # Errors
    /// `InvalidParameter` if the token is empty or contains anything but visible ASCII.
    pub fn with_security_token(self, token: impl Into<String>) -> Result<Self, Error> {
        self.with_named_token("security token", Secret::new(token))
    }

    /// Returns the AccessKey id. It is not secret: every request contains it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the AccessKey secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns the security token of a temporary AccessKey.
    pub fn security_token(&self) -> Option<&Secret> {
        self.security_token.as_ref()
    }

    /// Checks that the key may be used on an operating system, named as in `std::env::consts::OS`.
    /// On a phone everyone who has the app has its key, and RAM cannot restrict the operation to
    /// one device: only a token that expires limits the damage.
    pub(crate) fn check_allowed_on(&self, target_os: &str, is_loopback: bool) -> Result<(), Error> {
        let is_phone = matches!(target_os, "android" | "ios");
        if is_phone && self.security_token.is_none() && !is_loopback {
            return Err(Error::invalid_parameter(
                "an AccessKey without a security token must not be used on a phone; get the device's MQTT login or a security \
                 token from your own server",
            ));
        }
        Ok(())
    }

    /// Returns the secret as a key of ACS3-HMAC-SHA256.
    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    /// Returns the secret and the token, which no output may contain.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.secret), self.security_token.as_ref()].into_iter().flatten()
    }

    pub(crate) fn from_variables(variables: &Env) -> Result<Self, Error> {
        let (Some(id), Some(secret)) = (variables.get(ID)?, variables.get(SECRET)?) else {
            return Err(Error::invalid_parameter(format!(
                "{}; an AccessKey consists of an id and a secret",
                are_not_set(&Self::unset_variables(variables)?)
            )));
        };
        let key = Self::named([ID, SECRET], id.value, Secret::new(secret.value))?;
        match variables.get(SECURITY_TOKEN)? {
            Some(token) => key.with_named_token(SECURITY_TOKEN, Secret::new(token.value)),
            None => Ok(key),
        }
    }

    /// Returns which of the two variables that every AccessKey needs are not set.
    pub(crate) fn unset_variables(variables: &Env) -> Result<Vec<&'static str>, Error> {
        let mut unset = Vec::new();
        for name in [ID, SECRET] {
            if variables.get(name)?.is_none() {
                unset.push(name);
            }
        }
        Ok(unset)
    }

    fn named([id_name, secret_name]: [&str; 2], id: String, secret: Secret) -> Result<Self, Error> {
        validate::visible_ascii(id_name, &id)?;
        validate::visible_ascii(secret_name, secret.reveal())?;
        let signing_key = SigningKey::new(secret.reveal().as_bytes())
            .map_err(|_| Error::internal("the AccessKey secret could not be hashed", None))?;
        Ok(Self { id, secret, security_token: None, signing_key })
    }

    fn with_named_token(self, name: &str, token: Secret) -> Result<Self, Error> {
        validate::visible_ascii(name, token.reveal())?;
        Ok(Self { security_token: Some(token), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_id_only() {
        let key = AccessKey::new("LTAI", "s3cr3t").unwrap().with_security_token("t0k3n").unwrap();
        let text = format!("{key:?}");
        assert!(text.contains("LTAI") && !text.contains("s3cr3t") && !text.contains("t0k3n"), "{text}");
    }

    #[test]
    fn a_key_on_a_phone_needs_a_token() {
        let permanent = AccessKey::new("LTAI", "s3cr3t").unwrap();
        let temporary = permanent.clone().with_security_token("t0k3n").unwrap();
        for phone in ["android", "ios"] {
            let error = permanent.check_allowed_on(phone, false).unwrap_err();
            assert!(error.message().contains("your own server"), "{error}");
            permanent.check_allowed_on(phone, true).unwrap();
            temporary.check_allowed_on(phone, false).unwrap();
        }
        for computer in ["linux", "macos", "windows"] {
            permanent.check_allowed_on(computer, false).unwrap();
        }
    }

    #[test]
    fn id_secret_and_token_are_read_from_the_environment() {
        let key = AccessKey::from_variables(&Env::of(&[(ID, "LTAI"), (SECRET, "s3cr3t")])).unwrap();
        assert_eq!((key.id(), key.secret().reveal()), ("LTAI", "s3cr3t"));
        assert!(key.security_token().is_none());
        let with_token = Env::of(&[(ID, "STS.x"), (SECRET, "s3cr3t"), (SECURITY_TOKEN, "t0k3n")]);
        let key = AccessKey::from_variables(&with_token).unwrap();
        assert_eq!(key.security_token().unwrap().reveal(), "t0k3n");
    }

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        for (variables, named) in [
            (vec![], "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set"),
            (vec![(ID, "LTAI")], "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set"),
            (vec![(ID, ""), (SECRET, "s3cr3t")], "ALIBABA_CLOUD_ACCESS_KEY_ID is not set"),
            (vec![(ID, "LTAI"), (SECRET, "s3cr3t\n")], SECRET),
            (vec![(ID, "LTAI"), (SECRET, "s3cr3t"), (SECURITY_TOKEN, "t\u{e9}")], SECURITY_TOKEN),
        ] {
            let error = AccessKey::from_variables(&Env::of(&variables)).unwrap_err();
            assert!(error.message().starts_with(named), "{error}");
            assert!(!error.message().contains("s3cr3t"), "{error}");
        }
        let empty_token = Env::of(&[(ID, "LTAI"), (SECRET, "s3cr3t"), (SECURITY_TOKEN, "")]);
        assert!(AccessKey::from_variables(&empty_token).unwrap().security_token().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_refused_by_name() {
        use std::os::unix::ffi::OsStringExt;
        let variables = Env::new(|_| Some(std::ffi::OsString::from_vec(vec![0xff])));
        let error = AccessKey::from_variables(&variables).unwrap_err();
        assert_eq!(error.message(), format!("{ID} is not valid Unicode"));
    }
}
