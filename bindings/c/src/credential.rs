//! The credential of a device, with functions that read its fields.

use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;
use std::sync::OnceLock;

use devcred_bridge as bridge;
use zeroize::Zeroizing;

use crate::pointer::{free, get_field};
use crate::text::c_text;

/// The credential of a device, with the login that follows from it. The caller owns it and must
/// free it with devcred_credential_free, which wipes its secrets. Any number of threads may read it
/// at once.
pub struct Credential {
    client_id: CString,
    instance_id: CString,
    device_access_key_id: CString,
    device_access_key_secret: Zeroizing<CString>,
    create_time_ms: i64,
    update_time_ms: i64,
    request_id: CString,
    mqtt_username: CString,
    mqtt_password: Zeroizing<CString>,
    /// Created when it is first read.
    text: OnceLock<CString>,
}

impl Credential {
    pub(crate) fn new(credential: bridge::Credential) -> Self {
        let bridge::Credential {
            client_id,
            instance_id,
            device_access_key_id,
            device_access_key_secret,
            create_time_ms,
            update_time_ms,
            request_id,
            mqtt_login,
        } = credential;
        Self {
            client_id: c_text(client_id),
            instance_id: c_text(instance_id),
            device_access_key_id: c_text(device_access_key_id),
            device_access_key_secret: Zeroizing::new(c_text(device_access_key_secret.reveal())),
            create_time_ms,
            update_time_ms,
            request_id: c_text(request_id),
            mqtt_username: c_text(mqtt_login.username),
            mqtt_password: Zeroizing::new(c_text(mqtt_login.password.reveal())),
            text: OnceLock::new(),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("client_id", &self.client_id)
            .field("instance_id", &self.instance_id)
            .field("device_access_key_id", &self.device_access_key_id)
            .field("device_access_key_secret", &format_args!("<hidden: use reveal()>"))
            .field("create_time_ms", &self.create_time_ms)
            .field("update_time_ms", &self.update_time_ms)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// Returns the device's MQTT client id, which is also CONNECT's client identifier.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_client_id(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.client_id.as_ptr()) }
}

/// Returns the instance that the device belongs to.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_instance_id(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.instance_id.as_ptr()) }
}

/// Returns the id of the device's AccessKey.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_device_access_key_id(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.device_access_key_id.as_ptr()) }
}

/// Returns the secret of the device's AccessKey, which signs its MQTT passwords. Do not log it.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_device_access_key_secret(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.device_access_key_secret.as_ptr()) }
}

/// Returns when the credential was created, in milliseconds since 1970-01-01 UTC.
///
/// Returns 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_create_time_ms(credential: *const Credential) -> i64 {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, 0, |credential| credential.create_time_ms) }
}

/// Returns when the credential was last changed, in milliseconds since 1970-01-01 UTC.
///
/// Returns 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_update_time_ms(credential: *const Credential) -> i64 {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, 0, |credential| credential.update_time_ms) }
}

/// Returns the service's id of the request, which its support needs; empty if it sent none.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_request_id(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.request_id.as_ptr()) }
}

/// Returns CONNECT's user name: DeviceCredential|<DeviceAccessKeyId>|<InstanceId>.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_mqtt_username(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.mqtt_username.as_ptr()) }
}

/// Returns CONNECT's password: base64(HMAC-SHA1(device's secret, client id)). Do not log it.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_mqtt_password(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe { get_field(credential, ptr::null(), |credential| credential.mqtt_password.as_ptr()) }
}

/// Returns the credential as text for logs, without its secrets.
///
/// Valid until the credential is freed. Returns NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_text(credential: *const Credential) -> *const c_char {
    // SAFETY: as the header asks of the caller.
    unsafe {
        get_field(credential, ptr::null(), |credential| {
            credential.text.get_or_init(|| c_text(format!("{credential:?}"))).as_ptr()
        })
    }
}

/// Frees a credential and its strings, and wipes its secrets. NULL is ignored. Any thread may free
/// it, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_free(credential: *mut Credential) {
    // SAFETY: as the header asks of the caller.
    unsafe { free(credential) }
}
