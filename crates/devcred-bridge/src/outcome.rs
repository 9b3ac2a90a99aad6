//! How a call ended, as plain data.

use std::time::SystemTime;

use devcred::{DeviceCredential, Error, ErrorKind, Secret, bridge_support};

/// How a call ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The device's credential.
    Ok(Box<Credential>),
    /// Why there is none.
    Error(Box<ErrorInfo>),
    /// The caller cancelled the call before it had ended. A request that was under way may have
    /// been billed.
    Cancelled,
}

/// A device's credential with the login that follows from it. `Debug` hides the secrets.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The device's client id, `GROUP@@@DEVICE`.
    pub client_id: String,
    /// The instance that the device connects to.
    pub instance_id: String,
    /// The id of the device's own AccessKey.
    pub device_access_key_id: String,
    /// Its secret.
    pub device_access_key_secret: Secret,
    /// When the credential was applied for, in milliseconds since 1970 UTC.
    pub create_time_ms: i64,
    /// When it was last changed, in milliseconds since 1970 UTC.
    pub update_time_ms: i64,
    /// The service's id of the request that fetched it; empty where the service gave none.
    pub request_id: String,
    /// What the device sends in CONNECT.
    pub mqtt_login: MqttLogin,
    /// The core's text of the credential, secrets hidden.
    pub text: String,
}

/// What a device sends in CONNECT. `Debug` hides the password.
#[derive(Clone, Debug)]
pub struct MqttLogin {
    /// CONNECT's client identifier.
    pub client_id: String,
    /// CONNECT's user name.
    pub username: String,
    /// CONNECT's password.
    pub password: Secret,
    /// The core's text of the login, its password hidden.
    pub text: String,
}

/// Why a call failed, or was refused. The members are those of [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// The service's code, verbatim.
    pub code: Option<String>,
    /// What happened, in one line.
    pub message: String,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Whether the same call may succeed if it is made again.
    pub retryable: bool,
    /// How many attempts were made.
    pub attempts: u32,
    /// The service's page on this error.
    pub help_url: Option<String>,
    /// What to do now.
    pub advice: Option<String>,
    /// The default text of an error, the same in every language: `KIND: message (Code, request id
    /// …)` and the advice in a second line.
    pub text: String,
}

impl From<Result<DeviceCredential, Error>> for Outcome {
    fn from(result: Result<DeviceCredential, Error>) -> Self {
        match result {
            Ok(credential) => Self::Ok(Box::new(credential.into())),
            Err(error) => error.into(),
        }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<DeviceCredential> for Credential {
    fn from(credential: DeviceCredential) -> Self {
        let login = credential.mqtt_login();
        Self {
            client_id: credential.client_id().to_owned(),
            instance_id: credential.instance_id().to_owned(),
            device_access_key_id: credential.device_access_key_id().to_owned(),
            device_access_key_secret: credential.device_access_key_secret().clone(),
            create_time_ms: milliseconds(credential.create_time()),
            update_time_ms: milliseconds(credential.update_time()),
            request_id: credential.request_id().to_owned(),
            mqtt_login: MqttLogin {
                client_id: login.client_id().to_owned(),
                username: login.username().to_owned(),
                password: login.password().clone(),
                text: format!("{login:?}"),
            },
            text: format!("{credential:?}"),
        }
    }
}

impl ErrorInfo {
    /// A binding's own refusal of what the caller gave: a value that its language has and the core
    /// cannot take.
    pub fn invalid_parameter(message: &str) -> Box<Self> {
        bridge_support::invalid_parameter(message).into()
    }

    /// What a panic becomes. Its text goes to the panic hook only: who knows what it holds.
    pub fn panicked() -> Box<Self> {
        let advice = "Report it, with the panic's text on stderr.";
        bridge_support::internal_error("internal error in devcred", Some(advice)).into()
    }
}

impl From<Error> for Box<ErrorInfo> {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Box::new(ErrorInfo {
            kind: error.kind(),
            code: owned(error.code()),
            message: error.message().to_owned(),
            http_status: error.http_status(),
            request_id: owned(error.request_id()),
            retryable: error.is_retryable(),
            attempts: error.attempts(),
            help_url: owned(error.help_url()),
            advice: owned(error.advice()),
            text: error.to_string(),
        })
    }
}

/// Since 1970, before which the service has no times.
fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_milliseconds_since_1970() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_605_541_382_001);
        assert_eq!(milliseconds(time), 1_605_541_382_001);
        assert_eq!(milliseconds(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), 0);
    }

    #[test]
    fn an_error_keeps_its_members_and_its_text() {
        let info: Box<ErrorInfo> = bridge_support::internal_error("it broke", Some("Mend it.")).into();
        assert_eq!(
            (info.kind, info.message.as_str(), info.advice.as_deref()),
            (ErrorKind::Internal, "it broke", Some("Mend it."))
        );
        assert_eq!((info.code, info.attempts, info.retryable), (None, 0, false));
        assert_eq!(info.text, "Internal: it broke\nMend it.");
    }
}
