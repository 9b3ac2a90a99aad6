//! The forms of a credential. The purpose of the command is to show it, so secret and password are
//! in plain text.

use std::time::{SystemTime, UNIX_EPOCH};

use devcred::DeviceCredential;
use serde::Serialize;

use crate::args::Output;
use crate::failure::Failure;
use crate::shell;

/// Returns the complete text for stdout, with its last line feed.
pub(crate) fn credential(credential: &DeviceCredential, form: Output) -> Result<String, Failure> {
    match form {
        Output::Text => Ok(text(credential)),
        Output::Json => json(credential),
        Output::Mqtt => Ok(mqtt(credential)),
    }
}

fn text(credential: &DeviceCredential) -> String {
    let login = credential.mqtt_login();
    let created = iso_8601(credential.create_time());
    let updated = iso_8601(credential.update_time());
    aligned(&[
        ("Client id", credential.client_id()),
        ("Instance id", credential.instance_id()),
        ("Device AccessKey id", credential.device_access_key_id()),
        ("Device AccessKey secret", credential.device_access_key_secret().reveal()),
        ("Created", &created),
        ("Updated", &updated),
        ("Request id", credential.request_id()),
        ("MQTT client id", login.client_id()),
        ("MQTT user name", login.username()),
        ("MQTT password", login.password().reveal()),
    ])
}

fn aligned(rows: &[(&str, &str)]) -> String {
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
    rows.iter().map(|(label, value)| format!("{label:width$}  {value}\n")).collect()
}

/// With milliseconds unless they are zero.
fn iso_8601(time: SystemTime) -> String {
    if unix_milliseconds(time).is_multiple_of(1000) {
        humantime::format_rfc3339_seconds(time).to_string()
    } else {
        humantime::format_rfc3339_millis(time).to_string()
    }
}

/// The core returns no time before 1970 or after 9999.
fn unix_milliseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// The service's response, with its names.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a> {
    request_id: &'a str,
    device_credential: Credential<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credential<'a> {
    client_id: &'a str,
    instance_id: &'a str,
    device_access_key_id: &'a str,
    device_access_key_secret: &'a str,
    create_time: u128,
    update_time: u128,
}

fn json(credential: &DeviceCredential) -> Result<String, Failure> {
    let response = Response {
        request_id: credential.request_id(),
        device_credential: Credential {
            client_id: credential.client_id(),
            instance_id: credential.instance_id(),
            device_access_key_id: credential.device_access_key_id(),
            device_access_key_secret: credential.device_access_key_secret().reveal(),
            create_time: unix_milliseconds(credential.create_time()),
            update_time: unix_milliseconds(credential.update_time()),
        },
    };
    match serde_json::to_string_pretty(&response) {
        Ok(json) => Ok(json + "\n"),
        Err(error) => Err(Failure::Internal(format!("cannot write the result as JSON: {error}"))),
    }
}

fn mqtt(credential: &DeviceCredential) -> String {
    let login = credential.mqtt_login();
    let login = login.reveal();
    [("MQTT_CLIENT_ID", login.client_id), ("MQTT_USERNAME", login.username), ("MQTT_PASSWORD", login.password)]
        .map(|(name, value)| format!("{name}={}\n", shell::quoted(value)))
        .concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_has_milliseconds_unless_they_are_zero() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_605_541_382_000, "2020-11-16T15:43:02Z"),
            (1_605_541_382_007, "2020-11-16T15:43:02.007Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_millis(ms);
            assert_eq!((iso_8601(time).as_str(), unix_milliseconds(time)), (text, ms.into()));
        }
    }
}
