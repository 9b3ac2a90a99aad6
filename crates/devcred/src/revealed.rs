//! Credentials and logins with their secrets in plain text: what a program stores or sends.

use std::fmt;
use std::time::{Duration, SystemTime};

use zeroize::Zeroize;

use crate::credential::DeviceCredential;
use crate::error::Error;
use crate::json::time;
use crate::secret::{HIDDEN_PREFIX, Secret};
use crate::validate;

/// A credential with its secret in plain text: what a program stores, and what it restores the
/// credential from after a restart.
///
/// The secret is wiped when it is dropped, and `Debug` hides it. With the feature `serde` it is
/// `Serialize` and `Deserialize`.
///
/// ```
/// use devcred::{DeviceCredential, RevealedDeviceCredential};
/// # fn main() -> Result<(), devcred::Error> {
/// let stored = RevealedDeviceCredential {
///     client_id: "GID_test@@@test".into(),
///     instance_id: "post-cn-0pp12gl****".into(),
///     device_access_key_id: "DC.Z5fq****".into(),
///     device_access_key_secret: "the-secret".into(),
///     create_time_ms: 1_605_541_382_000,
///     update_time_ms: 1_605_541_382_000,
///     request_id: "020F6A43-19E6-4B6E-B846-44EB31DF****".into(),
/// };
/// let credential = DeviceCredential::from_revealed(&stored)?;
/// assert_eq!(credential.mqtt_login().username(), "DeviceCredential|DC.Z5fq****|post-cn-0pp12gl****");
/// assert!(credential.reveal() == stored);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RevealedDeviceCredential {
    /// The device's client id, `GROUP@@@DEVICE`.
    pub client_id: String,
    /// The instance that the device connects to.
    pub instance_id: String,
    /// The id of the device's AccessKey.
    pub device_access_key_id: String,
    /// The secret of the device's AccessKey, in plain text.
    pub device_access_key_secret: String,
    /// When the credential was created, in milliseconds since 1970 UTC.
    pub create_time_ms: u64,
    /// When the credential was last changed, in milliseconds since 1970 UTC.
    pub update_time_ms: u64,
    /// The service's id of the request that fetched it; may be empty.
    pub request_id: String,
}

impl Drop for RevealedDeviceCredential {
    fn drop(&mut self) {
        self.device_access_key_secret.zeroize();
    }
}

impl fmt::Debug for RevealedDeviceCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedDeviceCredential")
            .field("client_id", &self.client_id)
            .field("instance_id", &self.instance_id)
            .field("device_access_key_id", &self.device_access_key_id)
            .finish_non_exhaustive()
    }
}

impl DeviceCredential {
    /// Returns the credential with its secret in plain text, to be stored.
    pub fn reveal(&self) -> RevealedDeviceCredential {
        RevealedDeviceCredential {
            client_id: self.client_id.clone(),
            instance_id: self.instance_id.clone(),
            device_access_key_id: self.device_access_key_id.clone(),
            device_access_key_secret: self.device_access_key_secret.reveal().to_owned(),
            create_time_ms: milliseconds(self.create_time),
            update_time_ms: milliseconds(self.update_time),
            request_id: self.request_id.clone(),
        }
    }

    /// Creates a credential from what [`reveal`](Self::reveal) returned, without a request: its
    /// [`mqtt_login`](Self::mqtt_login) works offline. Tests can create any credential by it.
    ///
    /// # Errors
    /// `InvalidParameter` if an id or the secret is empty (the request id may be) or contains control
    /// characters, if the secret was hidden when the credential was stored, or if a time is after the
    /// year 9999.
    pub fn from_revealed(revealed: &RevealedDeviceCredential) -> Result<Self, Error> {
        let RevealedDeviceCredential { client_id, instance_id, request_id, .. } = revealed;
        let (id, secret) = (&revealed.device_access_key_id, &revealed.device_access_key_secret);
        validate::client_id(client_id)?;
        validate::instance_id("instance_id", instance_id)?;
        validate::printable("device_access_key_id", id)?;
        if secret.starts_with(HIDDEN_PREFIX) {
            return Err(Error::invalid_parameter(
                "device_access_key_secret is the text that hides a secret: what was stored is not the revealed credential",
            ));
        }
        validate::printable("device_access_key_secret", secret)?;
        if !request_id.is_empty() {
            validate::printable("request_id", request_id)?;
        }
        Ok(Self {
            client_id: client_id.clone(),
            instance_id: instance_id.clone(),
            device_access_key_id: id.clone(),
            device_access_key_secret: Secret::new(secret.as_str()),
            create_time: valid_time("create_time_ms", revealed.create_time_ms)?,
            update_time: valid_time("update_time_ms", revealed.update_time_ms)?,
            request_id: request_id.clone(),
        })
    }
}

/// Credentials are equal if they differ only in the request that fetched them.
impl PartialEq for DeviceCredential {
    fn eq(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.instance_id == other.instance_id
            && self.device_access_key_id == other.device_access_key_id
            && self.device_access_key_secret.reveal() == other.device_access_key_secret.reveal()
            && self.create_time == other.create_time
            && self.update_time == other.update_time
    }
}

impl Eq for DeviceCredential {}

fn valid_time(name: &str, ms: u64) -> Result<SystemTime, Error> {
    time(ms).ok_or_else(|| Error::invalid_parameter(format!("{name} must be milliseconds from 1970 to the year 9999")))
}

/// Returns the time since 1970; a credential has no time before.
fn milliseconds(time: SystemTime) -> u64 {
    let since: Duration = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A login with its password in plain text, to be sent to the device and nowhere else.
///
/// With the feature `serde` it is `Serialize`, as `{"client_id": …, "username": …, "password": …}`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RevealedMqttLogin<'a> {
    /// CONNECT's client identifier.
    pub client_id: &'a str,
    /// CONNECT's user name.
    pub username: &'a str,
    /// CONNECT's password, in plain text.
    pub password: &'a str,
}

impl fmt::Debug for RevealedMqttLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealedMqttLogin")
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut RevealedDeviceCredential);

    fn revealed() -> RevealedDeviceCredential {
        RevealedDeviceCredential {
            client_id: "GID_test@@@test".into(),
            instance_id: "post-cn-0pp12gl****".into(),
            device_access_key_id: "DC.Z5fq****".into(),
            device_access_key_secret: "the-s3cr3t".into(),
            create_time_ms: 1_605_541_382_001,
            update_time_ms: 1_605_541_382_002,
            request_id: "020F6A43".into(),
        }
    }

    #[test]
    fn a_credential_survives_being_stored() {
        let credential = DeviceCredential::from_revealed(&revealed()).unwrap();
        assert!(credential.reveal() == revealed());
        assert_eq!(credential.device_access_key_secret().reveal(), "the-s3cr3t");
    }

    #[test]
    fn equality_leaves_out_the_request_id_and_nothing_else() {
        let credential = DeviceCredential::from_revealed(&revealed()).unwrap();
        let change = |change: Change| {
            let mut other = revealed();
            change(&mut other);
            DeviceCredential::from_revealed(&other).unwrap()
        };
        assert_eq!(credential, change(|other| other.request_id.clear()));
        let changes: [Change; 6] = [
            |other| other.client_id.push('x'),
            |other| other.instance_id.push('x'),
            |other| other.device_access_key_id.push('x'),
            |other| other.device_access_key_secret.push('x'),
            |other| other.create_time_ms += 1,
            |other| other.update_time_ms += 1,
        ];
        for (n, other) in changes.into_iter().map(change).enumerate() {
            assert_ne!(credential, other, "change {n}");
        }
    }

    #[test]
    fn what_cannot_be_a_credential_is_refused_by_its_name() {
        let changes: [(&str, Change); 8] = [
            ("client_id is empty", |stored| stored.client_id.clear()),
            ("instance_id contains @@@", |stored| stored.instance_id.push_str("@@@")),
            ("device_access_key_id is empty", |stored| stored.device_access_key_id.clear()),
            ("device_access_key_secret is empty", |stored| stored.device_access_key_secret.clear()),
            ("device_access_key_secret contains a control character", |stored| {
                stored.device_access_key_secret.push('\n');
            }),
            ("device_access_key_secret is the text that hides a secret", |stored| {
                stored.device_access_key_secret = format!("{:?}", Secret::new("a secret"));
            }),
            ("create_time_ms must be milliseconds", |stored| stored.create_time_ms = 253_402_300_800_000),
            ("update_time_ms must be milliseconds", |stored| stored.update_time_ms = u64::MAX),
        ];
        for (message, change) in changes {
            let mut stored = revealed();
            change(&mut stored);
            let error = DeviceCredential::from_revealed(&stored).unwrap_err();
            assert!(error.message().starts_with(message), "{error}");
            assert!(!error.to_string().contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let text = format!("{:?}", revealed());
        assert!(text.contains("GID_test@@@test") && !text.contains("s3cr3t"), "{text}");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn the_json_of_a_revealed_credential_is_read_back() {
        let json = serde_json::to_string(&revealed()).unwrap();
        assert!(json.contains(r#""create_time_ms":1605541382001"#), "{json}");
        assert!(serde_json::from_str::<RevealedDeviceCredential>(&json).unwrap() == revealed());
    }
}
