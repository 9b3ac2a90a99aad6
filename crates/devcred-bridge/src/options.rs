//! What a client is made of, as plain data.

use std::time::Duration;

use devcred::{ClientBuilder, Error, Secret, internal};

use crate::log::Log;

/// The options of a client. What is absent is left to the core, as are all checks.
#[derive(Clone, Default)]
#[allow(missing_docs, reason = "they are the options of `devcred::ClientBuilder`, under its names")]
pub struct Options {
    /// The language that is served, as the user agent names it.
    pub language: &'static str,
    /// Takes from the environment what is absent here.
    pub from_env: bool,
    pub access_key: Option<AccessKey>,
    pub region: Option<String>,
    pub network: Option<String>,
    pub endpoint: Option<String>,
    pub instance_id: Option<String>,
    pub signature: Option<String>,
    pub timeout: Option<Duration>,
    pub attempt_timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub max_attempts: Option<u32>,
    pub max_requests_per_second: Option<u32>,
    pub root_certificates_pem: Option<String>,
    pub proxy: Option<String>,
    /// Who is told the client's log events.
    pub log: Option<Log>,
}

/// An AccessKey as the caller gave it.
#[derive(Clone)]
#[allow(missing_docs, reason = "they are the parts of `devcred::AccessKey`, under its names")]
pub struct AccessKey {
    pub id: String,
    pub secret: Secret,
    pub security_token: Option<Secret>,
}

impl AccessKey {
    pub(crate) fn checked(&self) -> Result<devcred::AccessKey, Error> {
        let key = devcred::AccessKey::new(&self.id, self.secret.reveal())?;
        match &self.security_token {
            Some(token) => key.with_security_token(token.reveal()),
            None => Ok(key),
        }
    }
}

impl Options {
    pub(crate) fn build(self) -> Result<devcred::Client, Error> {
        let builder = if self.from_env { ClientBuilder::from_env() } else { ClientBuilder::default() };
        let builder = internal::language(builder, self.language);
        let builder = set(builder, self.access_key, |builder, key| Ok(builder.access_key(key.checked()?)))?;
        let builder = set(builder, self.region, |builder, region| Ok(builder.region(region)))?;
        let builder = set(builder, self.network, |builder, network| Ok(builder.network(network.parse()?)))?;
        let builder = set(builder, self.endpoint, |builder, endpoint| Ok(builder.endpoint(endpoint)))?;
        let builder = set(builder, self.instance_id, |builder, id| Ok(builder.instance_id(id)))?;
        let builder = set(builder, self.signature, |builder, signature| Ok(builder.signature(signature.parse()?)))?;
        let builder = set(builder, self.timeout, |builder, timeout| Ok(builder.timeout(timeout)))?;
        let builder = set(builder, self.attempt_timeout, |builder, timeout| Ok(builder.attempt_timeout(timeout)))?;
        let builder = set(builder, self.connect_timeout, |builder, timeout| Ok(builder.connect_timeout(timeout)))?;
        let builder = set(builder, self.max_attempts, |builder, attempts| Ok(builder.max_attempts(attempts)))?;
        let builder = set(builder, self.max_requests_per_second, |builder, requests| {
            Ok(builder.max_requests_per_second(requests))
        })?;
        let builder = set(builder, self.root_certificates_pem, |builder, pem| Ok(builder.root_certificates_pem(pem)))?;
        let builder = set(builder, self.proxy, |builder, proxy| Ok(builder.proxy(proxy)))?;
        builder.build()
    }
}

fn set<T>(
    builder: ClientBuilder,
    value: Option<T>,
    setter: impl FnOnce(ClientBuilder, T) -> Result<ClientBuilder, Error>,
) -> Result<ClientBuilder, Error> {
    match value {
        Some(value) => setter(builder, value),
        None => Ok(builder),
    }
}
