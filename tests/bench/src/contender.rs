//! The two contenders.

use std::future::Future;
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devcred::{AccessKey, Client};
use reqwest::Url;
use reqwest::header::CONTENT_LENGTH;

pub(crate) const CLIENT_ID: &str = "GID_test@@@device-0001";
pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl9k0x";

/// As long as the real ones are, since both are hashed.
pub(crate) const ACCESS_KEY: [&str; 2] = ["LTAI5tBenchmarkBenchmark", "benchmarkbenchmarkbenchmark000"];

pub(crate) fn access_key() -> Result<AccessKey> {
    let [id, secret] = ACCESS_KEY;
    Ok(AccessKey::new(id, secret)?)
}

/// Somebody who can make the call that is measured. A clone shares its connections.
pub(crate) trait Contender: Clone + Send + 'static {
    fn call(&self) -> impl Future<Output = Result<()>> + Send;
}

/// The limit: the same library, set up as our client sets it up, with a URL that is parsed already, and a body that is read
/// and not looked at.
#[derive(Clone)]
pub(crate) struct RawReqwest {
    http: reqwest::Client,
    url: Url,
}

impl RawReqwest {
    pub(crate) fn new(endpoint: &str) -> Result<Self> {
        // A second contender of this kind finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client_id = percent_encoding::utf8_percent_encode(CLIENT_ID, percent_encoding::NON_ALPHANUMERIC);
        Ok(Self {
            http: reqwest::Client::builder()
                // TLS is built in and not used, so nothing is spent on the system's certificates.
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

/// Our client, with the defaults but for its pace, which would hold it back.
#[derive(Clone)]
pub(crate) struct Ours {
    client: Client,
}

impl Ours {
    pub(crate) fn new(endpoint: &str) -> Result<Self> {
        let client = Client::builder()
            .access_key(access_key()?)
            .endpoint(endpoint)
            .instance_id(INSTANCE_ID)
            .max_requests_per_second(1_000_000)
            .build()
            .context("our client cannot be built")?;
        Ok(Self { client })
    }
}

impl Contender for Ours {
    async fn call(&self) -> Result<()> {
        black_box(self.client.get_device_credential(CLIENT_ID).await?);
        Ok(())
    }
}
