//! [`ClientBuilder`]: the options, their defaults and their checks.

use std::ffi::OsString;
use std::time::Duration;

use crate::access_key::AccessKey;
use crate::client::Client;
use crate::config::{Config, Limits, user_agent};
use crate::endpoint::{Endpoint, Network};
use crate::env::{Env, NamedValue};
use crate::error::Error;
use crate::proxy::Proxy;
use crate::rate_limit::{DEFAULT_REQUESTS_PER_SECOND, RateLimiter};
use crate::requirements::{Missing, not_set};
use crate::resolver::Resolver;
use crate::sign::SignatureMethod;
use crate::transport::Roots;
use crate::validate;

/// Configures a [`Client`]. Setters take and return the builder; everything is checked in
/// [`build`](ClientBuilder::build).
///
/// ```
/// use devcred::{AccessKey, Client};
///
/// # fn main() -> Result<(), devcred::Error> {
/// let client = Client::builder()
///     .access_key(AccessKey::new("LTAI5tExample", "the-secret")?)
///     .region("cn-hangzhou")
///     .instance_id("post-cn-0pp12gl****")
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    env: Env,
    reads_environment: bool,
    access_key: Option<AccessKey>,
    region: Option<NamedValue>,
    network: Network,
    endpoint: Option<NamedValue>,
    instance_id: Option<NamedValue>,
    signature_method: SignatureMethod,
    limits: Limits,
    max_requests_per_second: Option<u32>,
    root_certificates_pem: Option<Vec<u8>>,
    proxy: Option<NamedValue>,
    language: Option<&'static str>,
    resolver: Option<Resolver>,
}

impl ClientBuilder {
    /// Reads options that no setter has set from the environment:
    ///
    /// | variable | option |
    /// |---|---|
    /// | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN` | the AccessKey; the token is for temporary keys |
    /// | `ALIBABA_CLOUD_REGION_ID` | [`region`](ClientBuilder::region) |
    /// | `DEVCRED_INSTANCE_ID` | [`instance_id`](ClientBuilder::instance_id) |
    /// | `DEVCRED_ENDPOINT` | [`endpoint`](ClientBuilder::endpoint) |
    /// | `DEVCRED_MAX_REQUESTS_PER_SECOND` | [`max_requests_per_second`](ClientBuilder::max_requests_per_second) |
    ///
    /// An empty variable counts as unset. If the region is set by its setter, `DEVCRED_ENDPOINT` is
    /// ignored.
    pub fn from_env() -> Self {
        Self { reads_environment: true, ..Self::default() }
    }

    /// Sets the AccessKey that signs the requests. Required.
    pub fn access_key(mut self, access_key: AccessKey) -> Self {
        self.access_key = Some(access_key);
        self
    }

    /// Sets the instance's region, such as `cn-hangzhou`: lower-case letters, digits and hyphens.
    /// Required unless an [`endpoint`](ClientBuilder::endpoint) is set, which overrides it: the
    /// service has no central one.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(NamedValue::option("region", region));
        self
    }

    /// Sets the network on which the service is reached. Default: [`Network::Public`].
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Sets the endpoint, `https://host[:port]`, instead of the region's. `http` is allowed for
    /// loopback only, because the response contains a secret. It overrides
    /// [`region`](ClientBuilder::region) and [`network`](ClientBuilder::network).
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(NamedValue::option("endpoint", endpoint));
        self
    }

    /// Sets the instance for calls that do not set their own.
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(NamedValue::option("instance_id", instance_id));
        self
    }

    /// Sets how requests are signed. Default: [`SignatureMethod::Acs3HmacSha256`].
    pub fn signature(mut self, method: SignatureMethod) -> Self {
        self.signature_method = method;
        self
    }

    /// Limits the time of a call, with all waiting and all retries: 1 millisecond to 24 hours.
    /// Default: 15 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// Limits the time of one attempt, measured from when the rate limiter admits it and a
    /// connection is free: 1 millisecond to 24 hours. Default: 5 seconds.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.limits.attempt_timeout = timeout;
        self
    }

    /// Limits the time to connect, which includes DNS, TCP, the proxy and the TLS handshake: 1
    /// millisecond to 24 hours. Default: 3 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// Limits the number of attempts of a call, the first included: at least 1. Default: 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// Limits the connections that this client has open at a time: 1 to 10,000. A call that finds
    /// all of them in use waits for one, in the order of the calls and within its
    /// [`timeout`](ClientBuilder::timeout). Default: 100.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.limits.max_connections.open = connections;
        self
    }

    /// Limits how many of its connections this client opens at a time: 1 to 10,000. Opening one
    /// takes much longer than using it, so that many at a time would delay each other until the
    /// [`connect_timeout`](ClientBuilder::connect_timeout) has passed. Default: 16.
    pub fn max_connecting(mut self, connections: u32) -> Self {
        self.limits.max_connections.connecting = connections;
        self
    }

    /// Limits the requests that this client sends per second, retries included: 1 to 1,000,000. A
    /// burst of a tenth of it, at least 10, is sent without delay. Default: 50.
    ///
    /// The service allows 500 requests a second per account and blocks a source address that sends
    /// more than 300. If a process is the only one behind its address, use at most 200, because
    /// timers and networks bunch requests.
    pub fn max_requests_per_second(mut self, requests: u32) -> Self {
        self.max_requests_per_second = Some(requests);
        self
    }

    /// Adds certificate authorities in PEM to those in use, which are the bundled ones or, if the
    /// variable `SSL_CERT_FILE` is set when the client is built, those in that file.
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates_pem = Some(pem.into());
        self
    }

    /// Sets the proxy, `http[s]://[user:password@]host[:port]` or `host:port`, or `off` for none.
    /// Default: the value of `HTTPS_PROXY` (or `https_proxy`), unless `NO_PROXY` (or `no_proxy`)
    /// matches the host. If both spellings of a variable are set, the lower-case one wins. Loopback
    /// is never reached through a proxy.
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(NamedValue::option("proxy", proxy));
        self
    }

    /// Reads environment variables from this function instead of the process.
    #[doc(hidden)]
    pub fn variables(mut self, look_up: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.env = Env::new(look_up);
        self
    }

    /// Sets the last word of the user agent: the language of the caller's program. Default: `rust`.
    pub(crate) fn language(mut self, language: &'static str) -> Self {
        self.language = Some(language);
        self
    }

    /// Shares this resolver with other clients. Default: a new one.
    pub(crate) fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Checks every option and creates the client. Nothing is sent.
    ///
    /// # Errors
    /// `InvalidParameter` if an option or variable is invalid, or if required ones are missing: the
    /// message names all that are missing. It never repeats a value.
    pub fn build(mut self) -> Result<Client, Error> {
        if self.reads_environment {
            self.fill_from_environment()?;
        }
        let (Some(endpoint), Some(access_key)) = (self.resolve_endpoint()?, self.access_key.clone()) else {
            return Err(not_set(&self.missing()?, self.reads_environment));
        };
        if let Some(instance_id) = &self.instance_id {
            validate::instance_id(instance_id.name, &instance_id.value)?;
        }
        validate::timeout("timeout", self.limits.timeout)?;
        validate::timeout("attempt_timeout", self.limits.attempt_timeout)?;
        validate::timeout("connect_timeout", self.limits.connect_timeout)?;
        validate::max_attempts(self.limits.max_attempts)?;
        validate::connections("max_connections", self.limits.max_connections.open)?;
        validate::connections("max_connecting", self.limits.max_connections.connecting)?;
        let requests_per_second = self.max_requests_per_second.unwrap_or(DEFAULT_REQUESTS_PER_SECOND);
        validate::requests_per_second("max_requests_per_second", requests_per_second)?;

        let proxy = Proxy::choose(self.proxy.as_ref(), &self.env, &endpoint)?;
        let roots = Roots::load(&self.env, self.root_certificates_pem.as_deref())?;
        let resolver = self.resolver.unwrap_or_else(Resolver::new);
        let config = Config {
            endpoint,
            instance_id: self.instance_id.map(|setting| setting.value),
            signature_method: self.signature_method,
            limits: self.limits,
            rate_limiter: RateLimiter::new(requests_per_second),
            proxy,
            roots,
            user_agent: user_agent(self.language.unwrap_or("rust"))?,
        };
        Client::new(config, &resolver, access_key)
    }

    /// An endpoint overrides region and network, as in the vendor's SDKs. `None` if neither endpoint
    /// nor region is set.
    fn resolve_endpoint(&self) -> Result<Option<Endpoint>, Error> {
        match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => Endpoint::from_url(endpoint).map(Some),
            (None, Some(region)) => Endpoint::from_region(region, self.network).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Returns the required settings without a value.
    fn missing(&self) -> Result<Vec<Missing>, Error> {
        let mut missing = Vec::new();
        if self.access_key.is_none() {
            missing.push(Missing { option: "access_key", variables: AccessKey::unset_variables(&self.env)? });
        }
        if self.endpoint.is_none() && self.region.is_none() {
            let variables = vec!["ALIBABA_CLOUD_REGION_ID (or DEVCRED_ENDPOINT)"];
            missing.push(Missing { option: "region (or endpoint)", variables });
        }
        // Calls can set it. But if variables are missing, this one probably is, too.
        if self.reads_environment && self.instance_id.is_none() {
            missing.push(Missing { option: "instance_id", variables: vec!["DEVCRED_INSTANCE_ID"] });
        }
        Ok(missing)
    }

    fn fill_from_environment(&mut self) -> Result<(), Error> {
        if self.access_key.is_none() && AccessKey::unset_variables(&self.env)?.is_empty() {
            self.access_key = Some(AccessKey::from_variables(&self.env)?);
        }
        if self.endpoint.is_none() && self.region.is_none() {
            self.endpoint = self.env.get("DEVCRED_ENDPOINT")?;
            self.region = self.env.get("ALIBABA_CLOUD_REGION_ID")?;
        }
        if self.instance_id.is_none() {
            self.instance_id = self.env.get("DEVCRED_INSTANCE_ID")?;
        }
        if self.max_requests_per_second.is_none() {
            if let Some(NamedValue { name, value }) = self.env.get("DEVCRED_MAX_REQUESTS_PER_SECOND")? {
                let requests = value.parse().unwrap_or_default();
                validate::requests_per_second(name, requests)?;
                self.max_requests_per_second = Some(requests);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod setter_tests;

#[cfg(test)]
mod tests;
