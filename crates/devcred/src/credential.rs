//! [`DeviceCredential`] and the [`MqttLogin`] that is computed from it.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha1::Sha1;

use crate::crypto::mac;
use crate::revealed::RevealedMqttLogin;
use crate::secret::Secret;

/// The credential of one device, as `GetDeviceCredential` returns it.
///
/// It stays valid until it is refreshed or unregistered, so fetch it once per device, store what
/// [`reveal`](Self::reveal) returns, and restore it with [`from_revealed`](Self::from_revealed).
/// `Debug` hides the secret, and `==` ignores the request id.
#[derive(Clone, Debug)]
pub struct DeviceCredential {
    pub(crate) client_id: String,
    pub(crate) instance_id: String,
    pub(crate) device_access_key_id: String,
    pub(crate) device_access_key_secret: Secret,
    pub(crate) create_time: SystemTime,
    pub(crate) update_time: SystemTime,
    pub(crate) request_id: String,
}

impl DeviceCredential {
    /// Returns the device's client id, `GROUP@@@DEVICE`, as requested.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the instance that the device connects to, as requested.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// Returns the id of the device's AccessKey, such as `DC.Z5fq****`.
    pub fn device_access_key_id(&self) -> &str {
        &self.device_access_key_id
    }

    /// Returns the secret of the device's AccessKey, which signs its MQTT passwords.
    pub fn device_access_key_secret(&self) -> &Secret {
        &self.device_access_key_secret
    }

    /// Returns when the credential was created, in milliseconds.
    pub fn create_time(&self) -> SystemTime {
        self.create_time
    }

    /// Returns when the credential was last changed, in milliseconds: by a refresh, or by
    /// registering the device again.
    pub fn update_time(&self) -> SystemTime {
        self.update_time
    }

    /// Returns the service's id of the request that fetched it; empty if the service sent none.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Computes what the device sends in CONNECT. It is valid as long as the credential. Give a
    /// device or an app this instead of the secret, if it need not compute the password itself.
    ///
    /// The rule is that of "Overview of unique-certificate-per-device authentication" in the
    /// product's documents: the user name is `DeviceCredential|<DeviceAccessKeyId>|<InstanceId>`,
    /// the password base64(HMAC-SHA1(DeviceAccessKeySecret, ClientId)).
    pub fn mqtt_login(&self) -> MqttLogin {
        let key = self.device_access_key_secret.reveal().as_bytes();
        MqttLogin {
            client_id: self.client_id.clone(),
            username: format!("DeviceCredential|{}|{}", self.device_access_key_id, self.instance_id),
            password: Secret::new(STANDARD.encode(mac::<Hmac<Sha1>>(key, self.client_id.as_bytes()))),
        }
    }
}

/// The three fields of CONNECT that authenticate a device. `Debug` hides the password.
#[derive(Clone, Debug)]
pub struct MqttLogin {
    client_id: String,
    username: String,
    password: Secret,
}

impl MqttLogin {
    /// CONNECT's client identifier.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// CONNECT's user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// CONNECT's password.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// The login with its password in plain text: the one way to serialise it.
    pub fn reveal(&self) -> RevealedMqttLogin<'_> {
        RevealedMqttLogin { client_id: &self.client_id, username: &self.username, password: self.password.reveal() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::vectors::{all, text};

    fn credential(vector: &serde_json::Value) -> DeviceCredential {
        DeviceCredential {
            client_id: text(vector, "client_id"),
            instance_id: text(vector, "instance_id"),
            device_access_key_id: text(vector, "device_access_key_id"),
            device_access_key_secret: Secret::new(text(vector, "device_access_key_secret")),
            create_time: SystemTime::UNIX_EPOCH,
            update_time: SystemTime::UNIX_EPOCH,
            request_id: String::new(),
        }
    }

    #[test]
    fn every_login_vector_passes() {
        let vectors = all("mqtt-login");
        assert_eq!(vectors.len(), 2);
        for (name, vector) in vectors {
            let login = credential(&vector).mqtt_login();
            assert_eq!(login.client_id(), text(&vector, "client_id"), "{name}");
            assert_eq!(login.username(), text(&vector, "username"), "{name}");
            assert_eq!(login.password().reveal(), text(&vector, "password"), "{name}");
        }
    }

    #[test]
    fn debug_hides_secret_and_password() {
        for (_, vector) in all("mqtt-login") {
            let credential = credential(&vector);
            let login = credential.mqtt_login();
            let texts = format!("{credential:?} {login:?} {:?} {:#?}", login.reveal(), login);
            assert!(!texts.contains(&text(&vector, "device_access_key_secret")));
            assert!(!texts.contains(&text(&vector, "password")));
            assert!(texts.contains("<hidden: use reveal()>"));
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn the_revealed_login_is_serialised_whole() {
        for (_, vector) in all("mqtt-login") {
            let login = credential(&vector).mqtt_login();
            let json = serde_json::to_value(login.reveal()).unwrap();
            for field in ["client_id", "username", "password"] {
                assert_eq!(json[field], vector[field]);
            }
            assert_eq!(json.as_object().unwrap().len(), 3);
        }
    }
}
