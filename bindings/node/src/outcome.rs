//! How a call ended, as plain objects of JavaScript.

use devcred_bridge::{self as bridge, ErrorInfo, Secret};
use napi::bindgen_prelude::{Result, ToNapiValue, sys};
use napi_derive::napi;

#[napi(object, object_from_js = false)]
pub struct Credential {
    pub client_id: String,
    pub instance_id: String,
    pub device_access_key_id: String,
    pub device_access_key_secret: Revealed,
    pub create_time_ms: i64,
    pub update_time_ms: i64,
    pub request_id: String,
    pub mqtt_login: MqttLogin,
}

#[napi(object, object_from_js = false)]
pub struct MqttLogin {
    pub client_id: String,
    pub username: String,
    pub password: Revealed,
}

#[napi(object, object_from_js = false)]
pub struct Failure {
    pub kind: &'static str,
    pub code: Option<String>,
    pub message: String,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    pub retryable: bool,
    pub attempts: u32,
    pub help_url: Option<String>,
    pub advice: Option<String>,
    pub text: String,
}

/// A secret on its way to JavaScript. What stays here is wiped; JavaScript's copy cannot be.
pub struct Revealed(Secret);

impl ToNapiValue for Revealed {
    unsafe fn to_napi_value(env: sys::napi_env, secret: Self) -> Result<sys::napi_value> {
        // SAFETY: as the caller promises, and the text lives until it is copied.
        unsafe { <&str>::to_napi_value(env, secret.0.reveal()) }
    }
}

impl From<bridge::Credential> for Credential {
    fn from(credential: bridge::Credential) -> Self {
        Self {
            client_id: credential.client_id,
            instance_id: credential.instance_id,
            device_access_key_id: credential.device_access_key_id,
            device_access_key_secret: Revealed(credential.device_access_key_secret),
            create_time_ms: credential.create_time_ms,
            update_time_ms: credential.update_time_ms,
            request_id: credential.request_id,
            mqtt_login: credential.mqtt_login.into(),
        }
    }
}

impl From<bridge::MqttLogin> for MqttLogin {
    fn from(login: bridge::MqttLogin) -> Self {
        Self { client_id: login.client_id, username: login.username, password: Revealed(login.password) }
    }
}

impl From<Box<ErrorInfo>> for Failure {
    fn from(error: Box<ErrorInfo>) -> Self {
        Self {
            kind: error.kind.name(),
            code: error.code,
            message: error.message,
            http_status: error.http_status,
            request_id: error.request_id,
            retryable: error.retryable,
            attempts: error.attempts,
            help_url: error.help_url,
            advice: error.advice,
            text: error.text,
        }
    }
}
