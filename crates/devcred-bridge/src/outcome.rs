//! What a call comes to, as plain data that each binding turns into its language's.

use std::time::SystemTime;

use devcred::{DeviceCredential, Error, ErrorKind, internal};
use zeroize::Zeroizing;

/// How a call ended.
#[derive(Debug)]
pub enum Outcome {
    /// With the credential.
    Ok(Box<Credential>),
    /// Without.
    Error(Box<ErrorInfo>),
    /// It was cancelled. Where the service had answered meanwhile, that is billed and lost.
    Cancelled,
}

/// A device's credential, and the login that follows from it. Its secrets are wiped when it is dropped.
pub struct Credential {
    /// The MQTT client id.
    pub client_id: String,
    /// The instance.
    pub instance_id: String,
    /// The id of the device's AccessKey.
    pub device_access_key_id: String,
    /// The secret of the device's AccessKey.
    pub device_access_key_secret: Zeroizing<String>,
    /// When it was made, in milliseconds since 1970.
    pub create_time_ms: i64,
    /// When it was changed last, in milliseconds since 1970.
    pub update_time_ms: i64,
    /// The service's id of the request; empty where it gave none.
    pub request_id: String,
    /// CONNECT's user name.
    pub mqtt_username: String,
    /// CONNECT's password.
    pub mqtt_password: Zeroizing<String>,
    /// For people and logs: without the secrets.
    pub text: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<DeviceCredential> for Credential {
    fn from(credential: DeviceCredential) -> Self {
        let login = credential.mqtt_login();
        Self {
            client_id: credential.client_id().to_owned(),
            instance_id: credential.instance_id().to_owned(),
            device_access_key_id: credential.device_access_key_id().to_owned(),
            device_access_key_secret: credential.device_access_key_secret().reveal().to_owned().into(),
            create_time_ms: milliseconds(credential.create_time()),
            update_time_ms: milliseconds(credential.update_time()),
            request_id: credential.request_id().to_owned(),
            mqtt_username: login.username().to_owned(),
            mqtt_password: login.password().reveal().to_owned().into(),
            text: format!("{credential:?}"),
        }
    }
}

/// The core lets no time through that is before 1970 or after 9999.
fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Why a call failed: the members of [`devcred::Error`].
#[derive(Clone, Debug)]
pub struct ErrorInfo {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// The service's code.
    pub code: Option<String>,
    /// The status of the answer.
    pub http_status: Option<u16>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Whether the same call may succeed if it is made again.
    pub retryable: bool,
    /// How many requests were begun.
    pub attempts: u32,
    /// The service's page on this error.
    pub help_url: Option<String>,
    /// What to do.
    pub advice: Option<String>,
    /// All of it, in the form that every language prints.
    pub text: String,
}

impl ErrorInfo {
    /// A binding's own refusal of what the caller gave.
    pub fn invalid_parameter(message: impl AsRef<str>) -> Box<Self> {
        internal::invalid_parameter(message.as_ref()).into()
    }

    /// A fault of ours.
    pub fn internal(message: impl AsRef<str>) -> Box<Self> {
        internal::internal(message.as_ref(), Some("Report it.")).into()
    }

    /// What a panic becomes. What it said is not repeated: it may hold anything.
    pub fn panicked() -> Box<Self> {
        Self::internal("devcred panicked")
    }
}

impl From<Error> for Box<ErrorInfo> {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self::new(ErrorInfo {
            kind: error.kind(),
            message: error.message().to_owned(),
            code: owned(error.code()),
            http_status: error.http_status(),
            request_id: owned(error.request_id()),
            retryable: error.retryable(),
            attempts: error.attempts(),
            help_url: owned(error.help_url()),
            advice: owned(error.advice()),
            text: error.to_string(),
        })
    }
}
