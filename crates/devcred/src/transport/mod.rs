//! Private: one POST over reqwest.

mod client_certificate;
mod connection_limit;
mod connector;
mod roots;

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use reqwest::{Method, Request, Response, Version};
use rustls::ClientConfig;
use rustls::crypto::ring;
use zeroize::Zeroizing;

use crate::config::Limits;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::proxy::Proxy;
use crate::resolver::{ForReqwest, Resolver};
use crate::response::{BODY_MAX, Body, HEADERS_MAX, HttpResponse};
use crate::transport_error::TransportError;
use client_certificate::ClientCertificate;
pub(crate) use connection_limit::{Admission, ConnectionLimit, MaxConnections, NoConnection};
use connector::LimitLayer;
pub(crate) use roots::Roots;

/// The service closes a connection that is idle for about 10 seconds, so a longer limit risks using
/// a closed one.
const IDLE_MAX: Duration = Duration::from_secs(5);

pub(crate) struct Transport {
    /// Keeps connections alive.
    pooled: reqwest::Client,
    /// Opens a new connection for each request.
    unpooled: reqwest::Client,
    connections: Arc<ConnectionLimit>,
    client_certificate: ClientCertificate,
    user_agent: HeaderValue,
}

impl Transport {
    pub(crate) fn new(
        proxy: Option<&Proxy>,
        roots: &Roots,
        limits: &Limits,
        user_agent: HeaderValue,
        resolver: &Resolver,
        connections: Arc<ConnectionLimit>,
    ) -> Result<Self, Error> {
        let fault = |what: &str| Error::internal(format!("{what} could not be set up"), None);
        let client_certificate = ClientCertificate::default();
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| fault("TLS"))?
            .with_root_certificates(roots.store())
            .with_client_cert_resolver(Arc::new(client_certificate.clone()));

        let http = || {
            let layer = LimitLayer(Arc::clone(&connections));
            http_client(tls.clone(), proxy, limits.connect_timeout, resolver.clone(), layer)
        };
        let build = |builder: reqwest::ClientBuilder| builder.build().map_err(|_| fault("the HTTP client"));
        Ok(Self {
            pooled: build(http()?.pool_idle_timeout(IDLE_MAX))?,
            unpooled: build(http()?.pool_max_idle_per_host(0))?,
            connections,
            client_certificate,
            user_agent,
        })
    }

    /// Returns the limit for another transport of the same client: one connection, if there is one
    /// to spare.
    pub(crate) fn reserve_connection(&self) -> Option<Arc<ConnectionLimit>> {
        self.connections.reserve()
    }

    /// Admits an attempt, unless it has to wait for a connection. `is_single`: it should not use
    /// one that was used before.
    pub(crate) fn try_admit(&self, is_single: bool) -> Option<Admission> {
        self.connections.try_admit(is_single)
    }

    /// Waits for a connection, at most until `latest`.
    pub(crate) async fn admit(&self, is_single: bool, latest: Instant) -> Result<Admission, NoConnection> {
        self.connections.admit(is_single, latest).await
    }

    /// Sends a request once and reads the response up to its limits.
    pub(crate) fn send(
        &self,
        endpoint: &Endpoint,
        query: &str,
        mut headers: HeaderMap,
        admission: Admission,
    ) -> impl Future<Output = Result<HttpResponse, TransportError>> {
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // reqwest leaves it out if there is no body.
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let mut post = Request::new(Method::POST, endpoint.url(query));
        *post.headers_mut() = headers;
        let http = if admission.is_single { &self.unpooled } else { &self.pooled };
        // The future is copied several times, so it contains what reqwest makes of the request
        // instead of the request, which is much larger.
        admission.scope(self.receive(http.execute(post)))
    }

    async fn receive(
        &self,
        response: impl Future<Output = Result<Response, reqwest::Error>>,
    ) -> Result<HttpResponse, TransportError> {
        let mut response = response.await.map_err(|error| {
            let is_kept = Admission::current(Admission::is_kept).unwrap_or_default();
            self.transport_error(&error).on_kept_connection(is_kept)
        })?;
        Admission::current(Admission::set_received);
        let stays_open = stays_open(&response);
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            Body::Encoded
        } else if is_too_long(&headers) {
            Body::OfLongHeaders
        } else if headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING) {
            // A reader of the one length takes the rest of the other for the next response.
            Body::OfTwoLengths
        } else {
            read(&mut response).await.map_err(|error| self.transport_error(&error))?
        };
        if stays_open && matches!(body, Body::Whole(_)) {
            Admission::current(Admission::keep);
        }
        Ok(HttpResponse { status, headers, body })
    }

    fn transport_error(&self, error: &reqwest::Error) -> TransportError {
        TransportError::from_reqwest(error, self.client_certificate.was_requested())
    }
}

/// Whether the connection is kept alive after the response.
fn stays_open(response: &Response) -> bool {
    let connection = response.headers().get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let mut options = connection.flat_map(|value| value.split(',')).map(str::trim);
    match response.version() {
        Version::HTTP_11 => !options.any(|option| option.eq_ignore_ascii_case("close")),
        _ => options.any(|option| option.eq_ignore_ascii_case("keep-alive")),
    }
}

fn is_too_long(headers: &HeaderMap) -> bool {
    let length: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    length > HEADERS_MAX
}

/// The configuration of both clients.
fn http_client(
    tls: ClientConfig,
    proxy: Option<&Proxy>,
    connect_timeout: Duration,
    resolver: Resolver,
    layer: LimitLayer,
) -> Result<reqwest::ClientBuilder, Error> {
    // Set everything we rely on explicitly: feature unification can enable any reqwest feature.
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .referer(false)
        .connect_timeout(connect_timeout)
        .connector_layer(layer)
        .dns_resolver(ForReqwest(resolver))
        // Port 0 means the port of the URL.
        .resolve_to_addrs(
            "localhost",
            &[SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))],
        );
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.to_reqwest()?);
    }
    Ok(builder)
}

async fn read(response: &mut Response) -> Result<Body, reqwest::Error> {
    // Reserve enough, so that the buffer does not grow and leave copies of a secret behind.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(BODY_MAX).min(BODY_MAX)));
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_MAX {
            return Ok(Body::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Body::Whole(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_may_be_as_long_as_the_limit_names_and_values_together() {
        let headers = |length: usize| {
            let value = "v".repeat(length - "x-a".len() - "x-bc".len() - "w".len());
            HeaderMap::from_iter([
                ("x-a".parse().unwrap(), HeaderValue::from_str(&value).unwrap()),
                ("x-bc".parse().unwrap(), HeaderValue::from_static("w")),
            ])
        };
        assert!(!is_too_long(&headers(HEADERS_MAX)));
        assert!(is_too_long(&headers(HEADERS_MAX + 1)));
    }
}
