//! The options of a client as the facade gives them.

use devcred_bridge::{self as bridge, Secret};
use napi_derive::napi;

/// Each is absent where the caller has not set it: the core decides then.
#[napi(object, object_to_js = false)]
pub struct Options {
    pub from_env: bool,
    pub access_key_id: Option<String>,
    pub access_key_secret: Option<String>,
    pub security_token: Option<String>,
    pub region: Option<String>,
    pub network: Option<String>,
    pub endpoint: Option<String>,
    pub instance_id: Option<String>,
    pub signature: Option<String>,
    pub timeout_ms: Option<f64>,
    pub attempt_timeout_ms: Option<f64>,
    pub connect_timeout_ms: Option<f64>,
    pub max_attempts: Option<f64>,
    pub max_requests_per_second: Option<f64>,
    pub root_certificates_pem: Option<String>,
    pub proxy: Option<String>,
    /// The level from which on events are told; absent where there is no log.
    pub log_level: Option<String>,
}

impl Options {
    /// The bridge's, all but the log.
    pub(crate) fn into_bridge(self) -> bridge::Options {
        bridge::Options {
            from_env: self.from_env,
            access_key_id: self.access_key_id,
            access_key_secret: self.access_key_secret.map(Secret::new),
            security_token: self.security_token.map(Secret::new),
            region: self.region,
            network: self.network,
            endpoint: self.endpoint,
            instance_id: self.instance_id,
            signature: self.signature,
            timeout: self.timeout_ms.map(milliseconds),
            attempt_timeout: self.attempt_timeout_ms.map(milliseconds),
            connect_timeout: self.connect_timeout_ms.map(milliseconds),
            max_attempts: self.max_attempts.map(count),
            max_requests_per_second: self.max_requests_per_second.map(count),
            root_certificates_pem: self.root_certificates_pem.map(String::into_bytes),
            proxy: self.proxy,
            ..bridge::Options::new("node")
        }
    }
}

/// JavaScript's numbers have fractions and no bounds: what is no time becomes one that the core refuses.
pub(crate) fn milliseconds(number: f64) -> std::time::Duration {
    bridge::seconds(number / 1000.0)
}

/// A count with a fraction is none: it becomes 0, which the core refuses.
fn count(number: f64) -> u32 {
    bridge::count(if number.fract() == 0.0 { number as i64 } else { 0 })
}
