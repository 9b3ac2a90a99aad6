//! Reads a credential from a response that is exactly as the service documents it, without looking
//! for each member. For any other response this returns `None`, and the careful reader decides.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::credential::DeviceCredential;
use crate::json::time;
use crate::secret::Secret;

/// The values are raw, because serde's error for a value of another type would contain a copy of
/// it, which is not wiped.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Response<'a> {
    #[serde(borrow)]
    request_id: &'a RawValue,
    device_credential: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Credential<'a> {
    #[serde(borrow)]
    client_id: &'a RawValue,
    instance_id: &'a RawValue,
    device_access_key_id: &'a RawValue,
    device_access_key_secret: &'a RawValue,
    create_time: &'a RawValue,
    update_time: &'a RawValue,
}

/// Reads the credential of this device. `secrets` are those of the request.
pub(crate) fn credential(
    client_id: &str,
    instance_id: &str,
    body: &[u8],
    secrets: &[&Secret],
) -> Option<DeviceCredential> {
    let response: Response = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    let found = response.device_credential.get();
    if !found.starts_with('{') {
        return None;
    }
    let found: Credential = serde_json::from_str(found).ok()?;
    if text(found.client_id)? != client_id || text(found.instance_id)? != instance_id {
        return None;
    }
    let (device_secret, request_id) = (text(found.device_access_key_secret)?, text(response.request_id)?);
    if !is_request_id(request_id, device_secret, secrets) {
        return None;
    }
    Some(DeviceCredential {
        client_id: client_id.to_owned(),
        instance_id: instance_id.to_owned(),
        device_access_key_id: text(found.device_access_key_id)?.to_owned(),
        device_access_key_secret: Secret::new(device_secret),
        create_time: time(found.create_time.get().parse().ok()?)?,
        update_time: time(found.update_time.get().parse().ok()?)?,
        request_id: request_id.to_owned(),
    })
}

/// Returns a string of printable ASCII without escapes that is not empty.
fn text(value: &RawValue) -> Option<&str> {
    let text = value.get().strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\');
    (!text.is_empty() && is_plain).then_some(text)
}

/// Returns whether this is a request id without a secret. An encoded secret would contain a `%`.
fn is_request_id(id: &str, device_secret: &str, secrets: &[&Secret]) -> bool {
    let mut all_secrets = secrets.iter().map(|secret| secret.reveal()).chain([device_secret]);
    super::is_request_id(id)
        && !id.contains('%')
        && !all_secrets.any(|secret| !secret.is_empty() && id.contains(secret))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::json::Fields;
    use crate::operation::{GetDeviceCredential, Operation};

    const CLIENT_ID: &str = "GID_test@@@test";
    const INSTANCE_ID: &str = "post-cn-0pp12gl****";

    fn documented() -> Value {
        json!({
            "RequestId": "020F6A43-19E6-4B6E-B846-44EB31DF****",
            "DeviceCredential": {
                "ClientId": CLIENT_ID,
                "InstanceId": INSTANCE_ID,
                "DeviceAccessKeyId": "DC.Z5fq****",
                "DeviceAccessKeySecret": "DC.BJMkn4eMQJK2vaApTS****",
                "CreateTime": 1_605_541_382_000_u64,
                "UpdateTime": 1_605_541_382_001_u64,
            },
        })
    }

    fn read(body: &str) -> Option<DeviceCredential> {
        credential(CLIENT_ID, INSTANCE_ID, body.as_bytes(), &[&Secret::new("account+secret"), &Secret::new("020F6B")])
    }

    /// What the careful reader returns.
    fn read_carefully(body: &str) -> DeviceCredential {
        let fields = Fields::parse(body.as_bytes()).unwrap();
        let request_id = fields.optional_text("RequestId").unwrap();
        GetDeviceCredential::new(CLIENT_ID).read(INSTANCE_ID, &fields, &request_id).unwrap()
    }

    /// Every field, the secret too.
    fn fields(credential: &DeviceCredential) -> (String, &str) {
        (format!("{credential:?}"), credential.device_access_key_secret.reveal())
    }

    #[test]
    fn a_documented_response_is_read() {
        let body = documented().to_string();
        let credential = read(&body).unwrap();
        assert_eq!(credential.device_access_key_id, "DC.Z5fq****");
        assert_eq!(fields(&credential), fields(&read_carefully(&body)));
    }

    #[test]
    fn anything_else_is_left_to_the_careful_reader() {
        let changes: [(&str, Value); 15] = [
            ("/RequestId", "020F6A43-19E6-4B6E-B846-%34EB31DF0000".into()),
            ("/RequestId", "020F6B43-19E6-4B6E-B846-44EB31DF0000".into()),
            ("/RequestId", "".into()),
            ("/RequestId", 1.into()),
            ("/RequestId", "a".repeat(129).into()),
            ("/DeviceCredential", Value::Null),
            ("/DeviceCredential/ClientId", "GID_test@@@other".into()),
            ("/DeviceCredential/InstanceId", "post-cn-other".into()),
            ("/DeviceCredential/DeviceAccessKeyId", "".into()),
            ("/DeviceCredential/DeviceAccessKeyId", "DC.\u{85}".into()),
            ("/DeviceCredential/DeviceAccessKeySecret", "".into()),
            ("/DeviceCredential/DeviceAccessKeySecret", "44EB".into()),
            ("/DeviceCredential/CreateTime", "1605541382000".into()),
            ("/DeviceCredential/UpdateTime", 253_402_300_800_000_u64.into()),
            ("/DeviceCredential/UpdateTime", (-1).into()),
        ];
        for (pointer, value) in changes {
            let mut body = documented();
            *body.pointer_mut(pointer).unwrap() = value;
            assert!(read(&body.to_string()).is_none(), "{body}");
        }
        for (part, replacement) in [
            ("DC.Z5fq", r"DC.\u005a5fq"),
            ("{\"", r#"{"Code":"200",""#),
            (r#""RequestId":"#, r#""RequestId":"a","RequestId":"#),
            (r#""ClientId":"#, r#""clientId":"#),
        ] {
            let body = documented().to_string();
            let changed = body.replace(part, replacement);
            assert!(changed != body && read(&changed).is_none(), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn both_readers_return_the_same(id in "[a-zA-Z0-9./+=*-]{1,40}", secret in "\\PC{1,60}", request_id in "[!-~]{1,36}") {
            let mut body = documented();
            body["RequestId"] = request_id.into();
            body["DeviceCredential"]["DeviceAccessKeyId"] = id.into();
            body["DeviceCredential"]["DeviceAccessKeySecret"] = secret.into();
            let body = body.to_string();
            if let Some(credential) = read(&body) {
                let expected = read_carefully(&body);
                prop_assert_eq!(fields(&credential), fields(&expected));
            }
        }
    }
}
