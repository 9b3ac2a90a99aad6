//! The two contenders: raw reqwest and devcred's client.

use std::future::Future;
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devcred::{AccessKey, Client};
use reqwest::Url;
use reqwest::header::CONTENT_LENGTH;

pub(crate) const CLIENT_ID: &str = "GID_test@@@device-0001";
pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl9k0x";

/// As long as real ones, because both are hashed.
pub(crate) const ACCESS_KEY: [&str; 2] = ["LTAI5tBenchmarkBenchmark", "benchmarkbenchmarkbenchmark000"];

pub(crate) fn access_key() -> Result<AccessKey> {
    let [id, secret] = ACCESS_KEY;
    Ok(AccessKey::new(id, secret)?)
}

/// Makes the call that is measured. A clone shares the connections.
pub(crate) trait Contender: Clone + Send + 'static {
    fn call(&self) -> impl Future<Output = Result<()>> + Send;
}

/// The upper limit: reqwest with the configuration of devcred, a parsed URL, and a response body
/// that is read but not parsed.
#[derive(Clone)]
pub(crate) struct RawReqwest {
    http: reqwest::Client,
    url: Url,
}

impl RawReqwest {
    pub(crate) fn new(endpoint: &str) -> Result<Self> {
        // Fails for the second client of the process, because the provider is installed then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client_id = percent_encoding::utf8_percent_encode(CLIENT_ID, percent_encoding::NON_ALPHANUMERIC);
        Ok(Self {
            http: reqwest::Client::builder()
                // The benchmark uses plain HTTP, so loading the system's certificates is not
                // needed.
                .tls_certs_only(Vec::new())
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .http1_only()
                .referer(false)
                .connect_timeout(Duration::from_secs(3))
                .pool_idle_timeout(Duration::from_secs(5))
                .build()?,
            url: Url::parse(&format!("{endpoint}/?ClientId={client_id}&InstanceId={INSTANCE_ID}"))?,
        })
    }
}

impl Contender for RawReqwest {
    async fn call(&self) -> Result<()> {
        let request = self.http.post(self.url.clone()).header(CONTENT_LENGTH, "0");
        let response = request.send().await?.error_for_status()?;
        let body = response.bytes().await?;
        ensure!(!body.is_empty(), "the stub server sent no body");
        black_box(body);
        Ok(())
    }
}

/// Devcred's client with its defaults, except for the rate limit, which would slow it down.
#[derive(Clone)]
pub(crate) struct Devcred {
    client: Client,
}

impl Devcred {
    pub(crate) fn new(endpoint: &str) -> Result<Self> {
        let client = Client::builder()
            .access_key(access_key()?)
            .endpoint(endpoint)
            .instance_id(INSTANCE_ID)
            .max_requests_per_second(1_000_000)
            .build()
            .context("cannot build the client")?;
        Ok(Self { client })
    }
}

impl Contender for Devcred {
    async fn call(&self) -> Result<()> {
        black_box(self.client.get_device_credential(CLIENT_ID).await?);
        Ok(())
    }
}
