//! The checked configuration of a client, which never changes.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::proxy::Proxy;
use crate::rate_limit::RateLimiter;
use crate::resolver::Resolver;
use crate::retry::DEFAULT_MAX_ATTEMPTS;
use crate::sign::SignatureMethod;
use crate::transport::{ConnectionLimit, MaxConnections, Roots, Transport};

/// Everything that a client needs, apart from its AccessKey, which can be replaced.
pub(crate) struct Config {
    pub endpoint: Endpoint,
    pub instance_id: Option<String>,
    pub signature_method: SignatureMethod,
    pub limits: Limits,
    pub rate_limiter: RateLimiter,
    pub proxy: Option<Proxy>,
    pub roots: Roots,
    pub user_agent: HeaderValue,
}

impl Config {
    /// Creates connections for a client with this configuration.
    ///
    /// # Errors
    /// `Internal` if the HTTP client cannot be set up.
    pub(crate) fn new_transport(
        &self,
        resolver: &Resolver,
        connections: Arc<ConnectionLimit>,
    ) -> Result<Transport, Error> {
        let Self { proxy, roots, limits, user_agent, .. } = self;
        Transport::new(proxy.as_ref(), roots, limits, user_agent.clone(), resolver, connections)
    }

    /// Returns the same configuration with a new rate limiter. It reads neither the environment nor
    /// files, and takes no lock.
    pub(crate) fn rebuild(&self) -> Self {
        let Self { endpoint, instance_id, signature_method, limits, rate_limiter, proxy, roots, user_agent } = self;
        Self {
            endpoint: endpoint.clone(),
            instance_id: instance_id.clone(),
            signature_method: *signature_method,
            limits: *limits,
            rate_limiter: RateLimiter::new(rate_limiter.requests_per_second()),
            proxy: proxy.clone(),
            roots: roots.clone(),
            user_agent: user_agent.clone(),
        }
    }
}

/// Returns the user agent, which ends with the language of the caller's program.
pub(crate) fn user_agent(language: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&format!("devcred/{} {language}", env!("CARGO_PKG_VERSION")))
        .map_err(|_| Error::internal("the language's name fits into no header", None))
}

/// Timeouts, the number of attempts and of connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub timeout: Duration,
    pub attempt_timeout: Duration,
    pub connect_timeout: Duration,
    pub max_attempts: u32,
    pub max_connections: MaxConnections,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            attempt_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            max_connections: MaxConnections::default(),
        }
    }
}
