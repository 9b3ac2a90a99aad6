//! How a call ended, as plain data.

use std::time::SystemTime;

use devcred::{DeviceCredential, Error, ErrorKind, Secret};

use crate::record;

/// How a call ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The operation returned the device's credential.
    Credential(Box<Credential>),
    /// The call failed.
    Error(Box<ErrorInfo>),
    /// The caller cancelled the call before it ended. A request that was already sent may have been
    /// billed.
    Cancelled,
}

/// The table of [`Credential`]: see [`record!`].
#[macro_export]
macro_rules! credential_fields {
    ($with:ident! { $($item:tt)* }) => {
        $with! {
            $($item)* {
                required {
                    /// The device's client id, `GROUP@@@DEVICE`.
                    client_id: String,
                    /// The instance that the device connects to.
                    instance_id: String,
                    /// The id of the device's AccessKey.
                    device_access_key_id: String,
                    /// The secret of the device's AccessKey.
                    device_access_key_secret: Secret,
                    /// When the credential was created, in milliseconds since 1970 UTC.
                    create_time_ms: i64,
                    /// When the credential was last changed, in milliseconds since 1970 UTC.
                    update_time_ms: i64,
                    /// The service's id of the request; empty if the service sent none.
                    request_id: String,
                    /// What the device sends in CONNECT.
                    mqtt_login: MqttLogin,
                }
                optional {}
            }
        }
    };
}

credential_fields!(record! {
    /// A device's credential with the login that follows from it. `Debug` hides the secrets.
    #[derive(Clone, Debug)]
    Credential
});

/// The table of [`MqttLogin`]: see [`record!`].
#[macro_export]
macro_rules! mqtt_login_fields {
    ($with:ident! { $($item:tt)* }) => {
        $with! {
            $($item)* {
                required {
                    /// CONNECT's client identifier.
                    client_id: String,
                    /// CONNECT's user name.
                    username: String,
                    /// CONNECT's password.
                    password: Secret,
                }
                optional {}
            }
        }
    };
}

mqtt_login_fields!(record! {
    /// What a device sends in CONNECT. `Debug` hides the password.
    #[derive(Clone, Debug)]
    MqttLogin
});

/// The table of [`ErrorInfo`]: see [`record!`].
#[macro_export]
macro_rules! error_fields {
    ($with:ident! { $($item:tt)* }) => {
        $with! {
            $($item)* {
                required {
                    /// What the caller should do.
                    kind: ErrorKind,
                    /// What happened, in one line.
                    message: String,
                    /// Whether the same call may succeed if it is made again.
                    retryable: bool,
                    /// Whether an attempt of the call may have been billed.
                    possibly_billed: bool,
                    /// The number of attempts; 0 if nothing was sent.
                    attempts: u32,
                    /// The default text of an error, the same in every language: `KIND: message
                    /// (Code, request id …)` and the advice on a second line.
                    text: String,
                }
                optional {
                    /// The device of the call.
                    client_id: String,
                    /// The instance of the call.
                    instance_id: String,
                    /// The service's code, verbatim.
                    code: String,
                    /// The HTTP status, if there was a response.
                    http_status: u16,
                    /// The service's id of the request.
                    request_id: String,
                    /// How long the service requested to wait before the next request, in
                    /// milliseconds.
                    retry_after_ms: i64,
                    /// The service's page about the code.
                    help_url: String,
                    /// What to do, if known.
                    advice: String,
                }
            }
        }
    };
}

error_fields!(record! {
    /// Why a call failed or an option was refused. The fields are those of [`Error`].
    #[derive(Clone, Debug, PartialEq, Eq)]
    ErrorInfo
});

impl From<Result<DeviceCredential, Error>> for Outcome {
    fn from(result: Result<DeviceCredential, Error>) -> Self {
        match result {
            Ok(credential) => Self::Credential(Box::new(credential.into())),
            Err(error) => error.into(),
        }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Box<ErrorInfo>> for Outcome {
    fn from(error: Box<ErrorInfo>) -> Self {
        Self::Error(error)
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
            },
        }
    }
}

impl From<Error> for Box<ErrorInfo> {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Box::new(ErrorInfo {
            kind: error.kind(),
            message: error.message().to_owned(),
            retryable: error.is_retryable(),
            possibly_billed: error.is_possibly_billed(),
            attempts: error.attempts(),
            text: error.to_string(),
            client_id: owned(error.client_id()),
            instance_id: owned(error.instance_id()),
            code: owned(error.code()),
            http_status: error.http_status(),
            request_id: owned(error.request_id()),
            retry_after_ms: error.retry_after().map(|delay| i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)),
            help_url: owned(error.help_url()),
            advice: owned(error.advice()),
        })
    }
}

/// Returns the time since 1970; the service has no times before.
fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use devcred::bridge_support;

    use super::*;

    #[test]
    fn times_are_milliseconds_since_1970() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_605_541_382_001);
        assert_eq!(milliseconds(time), 1_605_541_382_001);
        assert_eq!(milliseconds(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), 0);
    }

    #[test]
    fn an_error_keeps_its_fields_and_its_text() {
        let info: Box<ErrorInfo> = bridge_support::internal_error("it broke", Some("Mend it.")).into();
        assert_eq!(
            (info.kind, info.message.as_str(), info.advice.as_deref()),
            (ErrorKind::Internal, "it broke", Some("Mend it."))
        );
        assert_eq!((info.code, info.attempts, info.retryable), (None, 0, false));
        assert_eq!(info.text, "Internal: it broke\nMend it.");
    }
}
