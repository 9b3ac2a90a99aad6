//! The options of a client and of a call, as every binding has them. What is absent is decided by
//! the core.

use std::time::Duration;

use devcred::{AccessKey, Client, ClientBuilder, Error, Secret, bridge_support};

use crate::log::Log;
use crate::runtime;

/// The options of a client. Nothing is checked before [`Client::open`](crate::Client::open).
#[derive(Clone)]
pub struct Options {
    /// The language of the caller's program, for the user agent: `c`, `python`, `node`, `kotlin`,
    /// `swift`.
    pub language: &'static str,
    /// Take what is absent from the environment.
    pub from_env: bool,
    /// The AccessKey's id.
    pub access_key_id: Option<String>,
    /// The AccessKey's secret.
    pub access_key_secret: Option<Secret>,
    /// The security token of a temporary AccessKey.
    pub security_token: Option<Secret>,
    /// The instance's region.
    pub region: Option<String>,
    /// `public` or `vpc`.
    pub network: Option<String>,
    /// Where to send requests instead of the region's own endpoint.
    pub endpoint: Option<String>,
    /// The instance that calls ask for unless they name another.
    pub instance_id: Option<String>,
    /// `acs3-hmac-sha256` or `hmac-sha1`.
    pub signature: Option<String>,
    /// How long a call may take in all.
    pub timeout: Option<Duration>,
    /// How long one attempt may take.
    pub attempt_timeout: Option<Duration>,
    /// How long a connection may take.
    pub connect_timeout: Option<Duration>,
    /// How many attempts a call may make.
    pub max_attempts: Option<u32>,
    /// How many requests a second this client sends at most.
    pub max_requests_per_second: Option<u32>,
    /// Certificate authorities in PEM, added to those in use.
    pub root_certificates_pem: Option<Vec<u8>>,
    /// The URL of the proxy, or `off`.
    pub proxy: Option<String>,
    /// Where events go; nowhere by default.
    pub log: Option<Log>,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The device's client id, `GROUP@@@DEVICE`.
    pub client_id: String,
    /// The device's instance, where it is not the client's.
    pub instance_id: Option<String>,
    /// How long this call may take in all, where it is not as long as the client says.
    pub timeout: Option<Duration>,
}

impl Options {
    /// No option but the caller's language.
    pub fn new(language: &'static str) -> Self {
        Self {
            language,
            from_env: false,
            access_key_id: None,
            access_key_secret: None,
            security_token: None,
            region: None,
            network: None,
            endpoint: None,
            instance_id: None,
            signature: None,
            timeout: None,
            attempt_timeout: None,
            connect_timeout: None,
            max_attempts: None,
            max_requests_per_second: None,
            root_certificates_pem: None,
            proxy: None,
            log: None,
        }
    }

    pub(crate) fn build(self) -> Result<Client, Error> {
        let builder = if self.from_env { ClientBuilder::from_env() } else { Client::builder() };
        let builder = bridge_support::with_language(builder, self.language);
        let mut builder = bridge_support::with_resolver(builder, runtime::resolver());
        if self.access_key_id.is_some() || self.access_key_secret.is_some() || self.security_token.is_some() {
            let secret = self.access_key_secret.unwrap_or_else(|| Secret::new(""));
            builder = builder.access_key(access_key(
                self.access_key_id.unwrap_or_default(),
                &secret,
                self.security_token.as_ref(),
            )?);
        }
        if let Some(network) = self.network {
            builder = builder.network(network.parse()?);
        }
        if let Some(signature) = self.signature {
            builder = builder.signature(signature.parse()?);
        }
        builder = given(builder, self.region, ClientBuilder::region);
        builder = given(builder, self.endpoint, ClientBuilder::endpoint);
        builder = given(builder, self.instance_id, ClientBuilder::instance_id);
        builder = given(builder, self.timeout, ClientBuilder::timeout);
        builder = given(builder, self.attempt_timeout, ClientBuilder::attempt_timeout);
        builder = given(builder, self.connect_timeout, ClientBuilder::connect_timeout);
        builder = given(builder, self.max_attempts, ClientBuilder::max_attempts);
        builder = given(builder, self.max_requests_per_second, ClientBuilder::max_requests_per_second);
        builder = given(builder, self.root_certificates_pem, ClientBuilder::root_certificates_pem);
        builder = given(builder, self.proxy, ClientBuilder::proxy);
        builder.build()
    }
}

fn given<T>(builder: ClientBuilder, option: Option<T>, set: fn(ClientBuilder, T) -> ClientBuilder) -> ClientBuilder {
    match option {
        Some(value) => set(builder, value),
        None => builder,
    }
}

pub(crate) fn access_key(id: String, secret: &Secret, security_token: Option<&Secret>) -> Result<AccessKey, Error> {
    let key = AccessKey::new(id, secret.reveal())?;
    match security_token {
        Some(token) => key.with_security_token(token.reveal()),
        None => Ok(key),
    }
}

/// A number of milliseconds as a caller gives it. One below 0 becomes 0, which the core refuses for
/// every option.
pub fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}

/// A number of seconds as a caller gives it. One below 0 and what is no number become 0, one too
/// large for a duration the longest of them, which the core refuses for every option.
pub fn seconds(number: f64) -> Duration {
    let longest = if number > 0.0 { Duration::MAX } else { Duration::ZERO };
    Duration::try_from_secs_f64(number).unwrap_or(longest)
}

/// A count as a caller gives it. One below 0 becomes 0, which the core refuses for every option,
/// one that is too large the largest.
pub fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_option_can_be_becomes_one_that_the_core_refuses() {
        for (milliseconds, expected) in [(-1, 0), (i64::MIN, 0), (0, 0), (1, 1), (15_000, 15_000)] {
            assert_eq!(super::milliseconds(milliseconds), Duration::from_millis(expected));
        }
        for (seconds, expected) in [
            (-0.5, Duration::ZERO),
            (f64::NAN, Duration::ZERO),
            (f64::NEG_INFINITY, Duration::ZERO),
            (f64::INFINITY, Duration::MAX),
            (1e30, Duration::MAX),
            (0.25, Duration::from_millis(250)),
        ] {
            assert_eq!(super::seconds(seconds), expected, "{seconds}");
        }
        for (count, expected) in [(-1, 0), (0, 0), (7, 7), (i64::MAX, u32::MAX)] {
            assert_eq!(super::count(count), expected);
        }
    }
}
