//! Credentials that a program stored, and restores without a request.

use devcred::{DeviceCredential, RevealedDeviceCredential, Secret};

use crate::outcome::{Credential, ErrorInfo};
use crate::record;

/// The table of [`RevealedCredential`]: see [`record!`].
#[macro_export]
macro_rules! revealed_credential_fields {
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
                    /// The service's id of the request; may be empty.
                    request_id: String,
                }
                optional {}
            }
        }
    };
}

revealed_credential_fields!(record! {
    /// What a program stores of a credential. `Debug` hides the secret.
    #[derive(Clone, Debug)]
    RevealedCredential
});

impl RevealedCredential {
    /// Creates the credential and computes its login, without a request.
    ///
    /// # Errors
    /// `InvalidParameter` if a value cannot be that of a credential, for example if the secret was
    /// hidden when the credential was stored.
    pub fn restore(self) -> Result<Credential, Box<ErrorInfo>> {
        let credential = DeviceCredential::from_revealed(&RevealedDeviceCredential {
            client_id: self.client_id,
            instance_id: self.instance_id,
            device_access_key_id: self.device_access_key_id,
            device_access_key_secret: self.device_access_key_secret.reveal().to_owned(),
            create_time_ms: milliseconds(self.create_time_ms),
            update_time_ms: milliseconds(self.update_time_ms),
            request_id: self.request_id,
        })?;
        Ok(credential.into())
    }
}

/// A negative time becomes one that is refused as too late.
fn milliseconds(ms: i64) -> u64 {
    ms.try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revealed(create_time_ms: i64) -> RevealedCredential {
        RevealedCredential {
            client_id: "GID_test@@@test".into(),
            instance_id: "post-cn-0pp12gl****".into(),
            device_access_key_id: "DC.Z5fq****".into(),
            device_access_key_secret: Secret::new("s3cr3t"),
            create_time_ms,
            update_time_ms: 2,
            request_id: String::new(),
        }
    }

    #[test]
    fn a_restored_credential_has_a_login() {
        let credential = revealed(1).restore().unwrap();
        assert_eq!((credential.create_time_ms, credential.update_time_ms), (1, 2));
        assert_eq!(credential.mqtt_login.username, "DeviceCredential|DC.Z5fq****|post-cn-0pp12gl****");
    }

    #[test]
    fn a_negative_time_is_refused() {
        let error = revealed(-1).restore().unwrap_err();
        assert!(error.message.starts_with("create_time_ms must be"), "{}", error.message);
    }
}
