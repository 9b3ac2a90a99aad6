//! The credential of a device, with functions that read its fields.

use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;
use std::sync::OnceLock;

use devcred_bridge::{self as bridge, ErrorInfo, RevealedCredential, Secret};
use zeroize::Zeroizing;

use crate::error::{Error, fallible};
use crate::pointer::{free, get_field, optional_text, text, write_out};
use crate::status::{DEVCRED_OK, Status};
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
            .field("device_access_key_secret", &format_args!("<hidden>"))
            .field("create_time_ms", &self.create_time_ms)
            .field("update_time_ms", &self.update_time_ms)
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// Creates a credential from values that a program stored, without a request: its MQTT login works
/// offline. Store what the functions of a credential return, the secret included.
///
/// Times are milliseconds since 1970-01-01 UTC. `request_id` may be NULL. The strings are copied. If
/// the status is DEVCRED_OK, the caller owns `*credential`; otherwise it is NULL. `error` may be
/// NULL; otherwise the caller owns `*error`, which is NULL if there is no error. Any thread may call
/// it.
///
/// Fails with DEVCRED_INVALID_PARAMETER if an id or the secret is empty or contains control
/// characters, or if a time is before 1970 or after 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_new(
    client_id: *const c_char,
    instance_id: *const c_char,
    device_access_key_id: *const c_char,
    device_access_key_secret: *const c_char,
    create_time_ms: i64,
    update_time_ms: i64,
    request_id: *const c_char,
    credential: *mut *mut Credential,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the header asks of the caller.
    unsafe {
        write_out(credential, None);
        fallible(error, || {
            if credential.is_null() {
                return Err(ErrorInfo::invalid_parameter("credential is NULL"));
            }
            let revealed = RevealedCredential {
                client_id: text("client_id", client_id)?.to_owned(),
                instance_id: text("instance_id", instance_id)?.to_owned(),
                device_access_key_id: text("device_access_key_id", device_access_key_id)?.to_owned(),
                device_access_key_secret: Secret::new(text("device_access_key_secret", device_access_key_secret)?),
                create_time_ms,
                update_time_ms,
                request_id: optional_text("request_id", request_id)?.unwrap_or_default().to_owned(),
            };
            write_out(credential, Some(Credential::new(revealed.restore()?)));
            Ok(DEVCRED_OK)
        })
    }
}

/// Returns whether two credentials are equal: all but the id of the request that fetched them.
///
/// Returns false if one of them is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn devcred_credential_equals(a: *const Credential, b: *const Credential) -> bool {
    // SAFETY: as the header asks of the caller.
    unsafe {
        get_field(a, false, |a| {
            get_field(b, false, |b| {
                a.client_id == b.client_id
                    && a.instance_id == b.instance_id
                    && a.device_access_key_id == b.device_access_key_id
                    && a.device_access_key_secret == b.device_access_key_secret
                    && (a.create_time_ms, a.update_time_ms) == (b.create_time_ms, b.update_time_ms)
            })
        })
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
