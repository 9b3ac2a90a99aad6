//! The functions of `devcred.h` that the target `c_api` calls, with C's types, and checks of their
//! results.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};

// Links the crate: the functions below are resolved by name.
use devcred_c as _;

use crate::call::SECRET;
use crate::text;

/// Defines opaque types.
macro_rules! opaque {
    ($($name:ident),*) => { $(#[repr(C)] pub(crate) struct $name { _private: [u8; 0] })* };
}

opaque!(Options, Client, Call, Credential, Error);

pub(crate) const OK: i32 = 0;
pub(crate) const INVALID_PARAMETER: i32 = 1;
pub(crate) const CANCELLED: i32 = 100;

pub(crate) type Completion = unsafe extern "C" fn(*mut c_void, i32, *mut Credential, *mut Error);
pub(crate) type LogFunction = unsafe extern "C" fn(*mut c_void, i32, *const c_char);
pub(crate) type TextSetter = unsafe extern "C" fn(*mut Options, *const c_char) -> i32;
pub(crate) type TimeSetter = unsafe extern "C" fn(*mut Options, u64) -> i32;
pub(crate) type CountSetter = unsafe extern "C" fn(*mut Options, u32) -> i32;
pub(crate) type CredentialText = unsafe extern "C" fn(*const Credential) -> *const c_char;
pub(crate) type ErrorText = unsafe extern "C" fn(*const Error) -> *const c_char;

unsafe extern "C" {
    pub(crate) fn devcred_status_name(status: i32) -> *const c_char;

    pub(crate) fn devcred_options_new() -> *mut Options;
    pub(crate) fn devcred_options_from_env() -> *mut Options;
    pub(crate) fn devcred_options_set_access_key(
        options: *mut Options,
        id: *const c_char,
        secret: *const c_char,
        token: *const c_char,
    ) -> i32;
    pub(crate) fn devcred_options_set_region(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_network(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_endpoint(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_instance_id(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_signature(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_root_certificates_pem(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_proxy(options: *mut Options, value: *const c_char) -> i32;
    pub(crate) fn devcred_options_set_timeout(options: *mut Options, ms: u64) -> i32;
    pub(crate) fn devcred_options_set_attempt_timeout(options: *mut Options, ms: u64) -> i32;
    pub(crate) fn devcred_options_set_connect_timeout(options: *mut Options, ms: u64) -> i32;
    pub(crate) fn devcred_options_set_max_attempts(options: *mut Options, count: u32) -> i32;
    pub(crate) fn devcred_options_set_max_connections(options: *mut Options, count: u32) -> i32;
    pub(crate) fn devcred_options_set_max_connecting(options: *mut Options, count: u32) -> i32;
    pub(crate) fn devcred_options_set_max_requests_per_second(options: *mut Options, count: u32) -> i32;
    pub(crate) fn devcred_options_set_log(
        options: *mut Options,
        level: i32,
        log: Option<LogFunction>,
        user_data: *mut c_void,
    ) -> i32;
    pub(crate) fn devcred_options_free(options: *mut Options);

    pub(crate) fn devcred_client_new(options: *const Options, client: *mut *mut Client, error: *mut *mut Error) -> i32;
    pub(crate) fn devcred_client_set_access_key(
        client: *const Client,
        id: *const c_char,
        secret: *const c_char,
        token: *const c_char,
        error: *mut *mut Error,
    ) -> i32;
    pub(crate) fn devcred_client_close(client: *const Client) -> i32;
    pub(crate) fn devcred_client_free(client: *mut Client);

    pub(crate) fn devcred_get_device_credential(
        client: *const Client,
        client_id: *const c_char,
        instance_id: *const c_char,
        timeout_ms: i64,
        credential: *mut *mut Credential,
        error: *mut *mut Error,
    ) -> i32;
    pub(crate) fn devcred_get_device_credential_start(
        client: *const Client,
        client_id: *const c_char,
        instance_id: *const c_char,
        timeout_ms: i64,
        completion: Option<Completion>,
        user_data: *mut c_void,
        call: *mut *mut Call,
        error: *mut *mut Error,
    ) -> i32;
    pub(crate) fn devcred_call_wait(call: *const Call, credential: *mut *mut Credential, error: *mut *mut Error)
    -> i32;
    pub(crate) fn devcred_call_cancel(call: *const Call) -> i32;
    pub(crate) fn devcred_call_free(call: *mut Call);

    pub(crate) fn devcred_credential_client_id(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_instance_id(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_device_access_key_id(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_device_access_key_secret(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_request_id(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_mqtt_username(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_mqtt_password(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_text(credential: *const Credential) -> *const c_char;
    pub(crate) fn devcred_credential_free(credential: *mut Credential);

    pub(crate) fn devcred_error_status(error: *const Error) -> i32;
    pub(crate) fn devcred_error_text(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_message(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_code(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_client_id(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_instance_id(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_request_id(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_help_url(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_advice(error: *const Error) -> *const c_char;
    pub(crate) fn devcred_error_free(error: *mut Error);
}

pub(crate) const TEXT_SETTERS: [TextSetter; 6] = [
    devcred_options_set_region,
    devcred_options_set_network,
    devcred_options_set_instance_id,
    devcred_options_set_signature,
    devcred_options_set_root_certificates_pem,
    devcred_options_set_proxy,
];

pub(crate) const TIME_SETTERS: [TimeSetter; 3] =
    [devcred_options_set_timeout, devcred_options_set_attempt_timeout, devcred_options_set_connect_timeout];

pub(crate) const COUNT_SETTERS: [CountSetter; 4] = [
    devcred_options_set_max_attempts,
    devcred_options_set_max_connections,
    devcred_options_set_max_connecting,
    devcred_options_set_max_requests_per_second,
];

pub(crate) const CREDENTIAL_TEXTS: [CredentialText; 8] = [
    devcred_credential_client_id,
    devcred_credential_instance_id,
    devcred_credential_device_access_key_id,
    devcred_credential_device_access_key_secret,
    devcred_credential_request_id,
    devcred_credential_mqtt_username,
    devcred_credential_mqtt_password,
    devcred_credential_text,
];

pub(crate) const ERROR_TEXTS: [ErrorText; 8] = [
    devcred_error_text,
    devcred_error_message,
    devcred_error_code,
    devcred_error_client_id,
    devcred_error_instance_id,
    devcred_error_request_id,
    devcred_error_help_url,
    devcred_error_advice,
];

/// Returns whether the results of a call match its status and the requested device.
pub(crate) unsafe fn is_consistent(
    status: i32,
    credential: *const Credential,
    error: *const Error,
    device: &CStr,
) -> bool {
    // SAFETY: each is NULL or a handle.
    unsafe {
        match status {
            OK => {
                let has_texts = CREDENTIAL_TEXTS.iter().all(|read| !text_of(read(credential)).is_empty());
                has_texts
                    && error.is_null()
                    && text_of(devcred_credential_client_id(credential)) == device.to_string_lossy()
            }
            CANCELLED => credential.is_null() && error.is_null(),
            _ => credential.is_null() && devcred_error_status(error) == status,
        }
    }
}

/// Checks that there is an error for every status except OK and CANCELLED, and that it contains no
/// secret.
pub(crate) unsafe fn check_error(status: i32, error: *const Error) {
    assert_eq!(error.is_null(), [OK, CANCELLED].contains(&status), "{status}");
    if !error.is_null() {
        // SAFETY: `error` is a handle.
        let texts = ERROR_TEXTS.iter().map(|read| unsafe { text_of(read(error)) });
        texts.for_each(|text| {
            text::check_hides("error", &text, SECRET);
            text::check_hides("error", &text, "p4ssw0rd");
        });
    }
}

/// Copies a text of the library; NULL results in an empty string.
pub(crate) unsafe fn text_of(text: *const c_char) -> String {
    // SAFETY: not NULL, and NUL-terminated.
    if text.is_null() { String::new() } else { unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() } }
}

pub(crate) fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

/// Checks that the functions refuse or ignore NULL, as the header documents.
pub(crate) fn pass_null() {
    // SAFETY: all of these functions accept NULL.
    unsafe {
        for status in [
            devcred_call_cancel(null()),
            devcred_call_wait(null(), null_mut(), null_mut()),
            devcred_client_new(null(), null_mut(), null_mut()),
            devcred_client_close(null()),
            devcred_client_set_access_key(null(), null(), null(), null(), null_mut()),
            devcred_options_set_region(null_mut(), null()),
            devcred_options_set_timeout(null_mut(), 1),
            devcred_get_device_credential(null(), null(), null(), 1, null_mut(), null_mut()),
        ] {
            assert_eq!(status, INVALID_PARAMETER);
        }
        assert!(CREDENTIAL_TEXTS.iter().all(|read| read(null()).is_null()));
        assert!(ERROR_TEXTS.iter().all(|read| read(null()).is_null()));
        devcred_call_free(null_mut());
        devcred_client_free(null_mut());
        devcred_options_free(null_mut());
        devcred_credential_free(null_mut());
        devcred_error_free(null_mut());
    }
}
