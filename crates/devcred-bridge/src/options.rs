//! The options of a client. The core decides about those that are not set.

use std::ffi::OsString;

use devcred::{AccessKey, Client, ClientBuilder, Error, Secret, bridge_support};

use crate::number::{Count, Milliseconds};
use crate::record;
use crate::runtime;

/// Certificates in PEM.
pub type Pem = Vec<u8>;

/// The table of [`Options`]: see [`record!`].
#[macro_export]
macro_rules! options_fields {
    ($with:ident! { $($item:tt)* }) => {
        $with! {
            $($item)* {
                required {
                    /// Whether options that are not set are read from the environment.
                    from_env: bool,
                }
                optional {
                    /// The id of the AccessKey.
                    access_key_id: String,
                    /// The secret of the AccessKey.
                    access_key_secret: Secret,
                    /// The security token of a temporary AccessKey.
                    security_token: Secret,
                    /// The instance's region.
                    region: String,
                    /// `public` or `vpc`.
                    network: String,
                    /// The URL that requests go to, instead of the region's endpoint.
                    endpoint: String,
                    /// The instance, unless a call sets another.
                    instance_id: String,
                    /// `acs3-hmac-sha256` or `hmac-sha1`.
                    signature: String,
                    /// The timeout of a call, with all waiting and all retries.
                    timeout_ms: Milliseconds,
                    /// The timeout of one attempt.
                    attempt_timeout_ms: Milliseconds,
                    /// The timeout to connect.
                    connect_timeout_ms: Milliseconds,
                    /// The maximum number of attempts.
                    max_attempts: Count,
                    /// The maximum number of open connections.
                    max_connections: Count,
                    /// How many of them are opened at a time.
                    max_connecting: Count,
                    /// The maximum number of requests per second.
                    max_requests_per_second: Count,
                    /// Certificate authorities, in addition to those in use.
                    root_certificates_pem: Pem,
                    /// The URL of the proxy, or `off`.
                    proxy: String,
                }
            }
        }
    };
}

options_fields!(record! {
    /// The options of a client. [`Client::open`](crate::Client::open) checks them.
    #[derive(Clone, Default)]
    Options
});

impl Options {
    pub(crate) fn build(
        self,
        language: &'static str,
        look_up: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Result<Client, Error> {
        let builder = if self.from_env { ClientBuilder::from_env() } else { Client::builder() };
        let builder = builder.variables(look_up);
        let builder = bridge_support::with_language(builder, language);
        let mut builder = bridge_support::with_resolver(builder, runtime::resolver());
        builder = match (self.access_key_id, self.access_key_secret, &self.security_token) {
            (Some(id), Some(secret), token) => builder.access_key(access_key(id, &secret, token.as_ref())?),
            (None, None, None) => builder,
            (Some(_), None, _) => return Err(incomplete("access_key_secret is")),
            (None, Some(_), _) => return Err(incomplete("access_key_id is")),
            (None, None, Some(_)) => return Err(incomplete("access_key_id and access_key_secret are")),
        };
        if let Some(network) = self.network {
            builder = builder.network(network.parse()?);
        }
        if let Some(signature) = self.signature {
            builder = builder.signature(signature.parse()?);
        }
        let duration = |milliseconds: Option<Milliseconds>| milliseconds.map(Milliseconds::to_duration);
        let number = |count: Option<Count>| count.map(Count::to_u32);
        builder = set(builder, self.region, ClientBuilder::region);
        builder = set(builder, self.endpoint, ClientBuilder::endpoint);
        builder = set(builder, self.instance_id, ClientBuilder::instance_id);
        builder = set(builder, duration(self.timeout_ms), ClientBuilder::timeout);
        builder = set(builder, duration(self.attempt_timeout_ms), ClientBuilder::attempt_timeout);
        builder = set(builder, duration(self.connect_timeout_ms), ClientBuilder::connect_timeout);
        builder = set(builder, number(self.max_attempts), ClientBuilder::max_attempts);
        builder = set(builder, number(self.max_connections), ClientBuilder::max_connections);
        builder = set(builder, number(self.max_connecting), ClientBuilder::max_connecting);
        builder = set(builder, number(self.max_requests_per_second), ClientBuilder::max_requests_per_second);
        builder = set(builder, self.root_certificates_pem, ClientBuilder::root_certificates_pem);
        builder = set(builder, self.proxy, ClientBuilder::proxy);
        builder.build()
    }
}

fn set<T>(builder: ClientBuilder, option: Option<T>, setter: fn(ClientBuilder, T) -> ClientBuilder) -> ClientBuilder {
    match option {
        Some(value) => setter(builder, value),
        None => builder,
    }
}

fn incomplete(what_is: &str) -> Error {
    bridge_support::invalid_parameter(&format!("{what_is} missing: an AccessKey consists of an id and a secret"))
}

pub(crate) fn access_key(id: String, secret: &Secret, security_token: Option<&Secret>) -> Result<AccessKey, Error> {
    let key = AccessKey::new(id, secret.reveal())?;
    match security_token {
        Some(token) => key.with_security_token(token.reveal()),
        None => Ok(key),
    }
}
