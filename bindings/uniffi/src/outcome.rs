//! How a call ended.

use devcred_bridge::{Credential, ErrorInfo, Outcome};

/// How a call ended.
#[derive(uniffi::Enum)]
pub enum NativeOutcome {
    /// With the device's credential.
    Ok {
        /// It.
        credential: NativeCredential,
    },
    /// Without one.
    Failed {
        /// Why.
        error: NativeError,
    },
    /// By a cancel.
    Cancelled,
}

/// A device's credential with the login that follows from it.
#[derive(uniffi::Record)]
pub struct NativeCredential {
    /// The device's client id.
    pub client_id: String,
    /// The instance that the device connects to.
    pub instance_id: String,
    /// The id of the device's own AccessKey.
    pub device_access_key_id: String,
    /// Its secret.
    pub device_access_key_secret: String,
    /// When the credential was applied for, in milliseconds since 1970 UTC.
    pub create_time_ms: i64,
    /// When it was last changed, likewise.
    pub update_time_ms: i64,
    /// The service's id of the request that fetched it.
    pub request_id: String,
    /// CONNECT's user name; its client identifier is the client id.
    pub mqtt_username: String,
    /// CONNECT's password.
    pub mqtt_password: String,
    /// The core's text of the login, secrets hidden.
    pub mqtt_text: String,
    /// The core's text of the credential, secrets hidden.
    pub text: String,
}

/// Why a call failed, or was refused.
#[derive(uniffi::Record)]
pub struct NativeError {
    /// The kind's name.
    pub kind: String,
    /// The service's code, verbatim.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
    /// The answer's status.
    pub http_status: Option<u16>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Whether the same call may succeed if it is made again.
    pub retryable: bool,
    /// How many attempts were made.
    pub attempts: u32,
    /// The service's page about it.
    pub help_url: Option<String>,
    /// What to do.
    pub advice: Option<String>,
    /// The core's text of all of it.
    pub text: String,
}

/// A facade's own refusal of what its caller gave: a value that its language has and the core cannot take.
#[uniffi::export]
pub fn invalid_parameter(message: String) -> NativeError {
    (*ErrorInfo::invalid_parameter(&message)).into()
}

impl From<Outcome> for NativeOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok(credential) => Self::Ok { credential: (*credential).into() },
            Outcome::Error(error) => Self::Failed { error: (*error).into() },
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Credential> for NativeCredential {
    fn from(credential: Credential) -> Self {
        Self {
            client_id: credential.client_id,
            instance_id: credential.instance_id,
            device_access_key_id: credential.device_access_key_id,
            device_access_key_secret: credential.device_access_key_secret.reveal().to_owned(),
            create_time_ms: credential.create_time_ms,
            update_time_ms: credential.update_time_ms,
            request_id: credential.request_id,
            mqtt_username: credential.mqtt_login.username,
            mqtt_password: credential.mqtt_login.password.reveal().to_owned(),
            mqtt_text: credential.mqtt_login.text,
            text: credential.text,
        }
    }
}

impl From<ErrorInfo> for NativeError {
    fn from(error: ErrorInfo) -> Self {
        Self {
            kind: error.kind.name().to_owned(),
            code: error.code,
            message: error.message,
            http_status: error.http_status,
            request_id: error.request_id,
            retryable: error.retryable,
            attempts: error.attempts,
            help_url: error.help_url,
            advice: error.advice,
            text: error.text,
        }
    }
}
