//! The plain data of the bridge, as uniffi's records.
//!
//! The tables of the bridge list the fields; `uniffi::remote` generates the conversions.

use devcred_bridge::{
    Count, ErrorInfo as NativeError, ErrorKind, Milliseconds, Operation, Options as NativeOptions, Pem,
    Request as NativeRequest, RevealedCredential as NativeRevealedCredential, Secret, error_fields, options_fields,
    record, request_fields, revealed_credential_fields,
};

options_fields!(record! {
    #[uniffi::remote(Record)]
    NativeOptions
});

request_fields!(record! {
    #[uniffi::remote(Record)]
    NativeRequest
});

revealed_credential_fields!(record! {
    #[uniffi::remote(Record)]
    NativeRevealedCredential
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
