//! The options of a client and of a call. What is absent is decided by the core.

use devcred_bridge::{self as bridge, ErrorInfo, Secret, count, milliseconds};

use crate::log::{NativeLog, log};

/// The language of the facade, for the user agent.
#[derive(uniffi::Enum)]
pub enum Language {
    /// Kotlin.
    Kotlin,
    /// Swift.
    Swift,
}

/// The options of a client, those of the bridge.
#[derive(uniffi::Record)]
pub struct NativeOptions {
    /// Whose client it is.
    pub language: Language,
    /// Take what is absent from the environment.
    pub from_env: bool,
    /// The AccessKey's id.
    pub access_key_id: Option<String>,
    /// Its secret.
    pub access_key_secret: Option<String>,
    /// The token of a temporary one.
    pub security_token: Option<String>,
    /// The instance's region.
    pub region: Option<String>,
    /// The network's name.
    pub network: Option<String>,
    /// Where to send requests instead of the region's own endpoint.
    pub endpoint: Option<String>,
    /// The instance that calls ask for unless they name another.
    pub instance_id: Option<String>,
    /// The signature's name.
    pub signature: Option<String>,
    /// How long a call may take in all.
    pub timeout_ms: Option<i64>,
    /// How long one attempt may take.
    pub attempt_timeout_ms: Option<i64>,
    /// How long a connection may take.
    pub connect_timeout_ms: Option<i64>,
    /// How many attempts a call may make.
    pub max_attempts: Option<i64>,
    /// How many requests a second the client sends at most.
    pub max_requests_per_second: Option<i64>,
    /// Certificate authorities, added to those in use.
    pub root_certificates_pem: Option<String>,
    /// The URL of the proxy, or `off`.
    pub proxy: Option<String>,
    /// The name of the level from which on events are told, where there is a log.
    pub log_level: String,
}

/// An AccessKey.
#[derive(uniffi::Record)]
pub struct NativeAccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token of a temporary one.
    pub security_token: Option<String>,
}

/// What a call asks for.
#[derive(uniffi::Record)]
pub struct NativeRequest {
    /// The device's client id.
    pub client_id: String,
    /// The device's instance, where it is not the client's.
    pub instance_id: Option<String>,
    /// How long this call may take in all, where it is not as long as the client says.
    pub timeout_ms: Option<i64>,
}

impl NativeOptions {
    pub(crate) fn with_log(self, listener: Option<Box<dyn NativeLog>>) -> Result<bridge::Options, Box<ErrorInfo>> {
        let language = match self.language {
            Language::Kotlin => "kotlin",
            Language::Swift => "swift",
        };
        Ok(bridge::Options {
            language,
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
            log: listener.map(|listener| log(&self.log_level, listener)).transpose()?,
        })
    }
}

impl From<NativeRequest> for bridge::Request {
    fn from(request: NativeRequest) -> Self {
        let NativeRequest { client_id, instance_id, timeout_ms } = request;
        Self { client_id, instance_id, timeout: timeout_ms.map(milliseconds) }
    }
}
