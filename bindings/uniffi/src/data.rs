//! The plain data of the bridge, as uniffi's records.
//!
//! The tables of the bridge list the fields; `uniffi::remote` generates the conversions.

use devcred_bridge::{
    Count, Credential as NativeCredential, ErrorInfo as NativeError, ErrorKind, Milliseconds,
    MqttLogin as NativeMqttLogin, Operation, Options as NativeOptions, Outcome, Pem, Request as NativeRequest, Secret,
    credential_fields, error_fields, mqtt_login_fields, options_fields, record, request_fields,
};

/// The name that `mqtt_login_fields!` uses.
type MqttLogin = NativeMqttLogin;

options_fields!(record! {
    #[uniffi::remote(Record)]
    NativeOptions
});

request_fields!(record! {
    #[uniffi::remote(Record)]
    NativeRequest
});

credential_fields!(record! {
    #[uniffi::remote(Record)]
    NativeCredential
});

mqtt_login_fields!(record! {
    #[uniffi::remote(Record)]
    NativeMqttLogin
});

error_fields!(record! {
    #[uniffi::remote(Record)]
    NativeError
});

uniffi::custom_type!(Secret, String, {
    remote,
    lower: |secret| secret.reveal().to_owned(),
    try_lift: |text| Ok(Secret::new(text)),
});

uniffi::custom_type!(Milliseconds, i64, {
    remote,
    lower: |milliseconds| i64::try_from(milliseconds.to_duration().as_millis()).unwrap_or(i64::MAX),
    try_lift: |number| Ok(number.into()),
});

uniffi::custom_type!(Count, i64, {
    remote,
    lower: |count| count.to_u32().into(),
    try_lift: |number| Ok(number.into()),
});

uniffi::custom_type!(ErrorKind, String, {
    remote,
    lower: |kind| kind.name().to_owned(),
    try_lift: |name| Ok(*ErrorKind::ALL.iter().find(|kind| kind.name() == name).unwrap_or(&ErrorKind::Internal)),
});

uniffi::custom_type!(Operation, String, {
    remote,
    lower: |operation| operation.name().to_owned(),
    try_lift: |name| name.parse().map_err(|refusal: Box<NativeError>| uniffi::deps::anyhow::anyhow!(refusal.text)),
});

/// How a call ended.
#[derive(uniffi::Enum)]
pub enum NativeOutcome {
    /// The operation returned the device's credential.
    Ok {
        /// The credential.
        credential: NativeCredential,
    },
    /// The call failed.
    Failed {
        /// The error.
        error: NativeError,
    },
    /// The caller cancelled the call.
    Cancelled,
}

impl From<Outcome> for NativeOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Credential(credential) => Self::Ok { credential: *credential },
            Outcome::Error(error) => Self::Failed { error: *error },
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}
