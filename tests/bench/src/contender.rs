//! The contenders in Rust: raw hyper, raw reqwest, and the core.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use devcred::{AccessKey, Client, SignatureMethod, testing};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use reqwest::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use tokio::net::TcpStream;

use crate::machine;

pub(crate) const CLIENT_ID: &str = "GID_test@@@device-0001";
pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl9k0x";
pub(crate) const HOST: &str = "onsmqtt.cn-hangzhou.aliyuncs.com";
pub(crate) const NONCE: &str = "00000000000000000000000000000000";

/// As long as real ones, because both are hashed.
pub(crate) const ACCESS_KEY: [&str; 2] = ["LTAI5tBenchmarkBenchmark", "benchmarkbenchmarkbenchmark000"];

pub(crate) fn access_key() -> Result<AccessKey> {
    let [id, secret] = ACCESS_KEY;
    Ok(AccessKey::new(id, secret)?)
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Hyper,
    Reqwest,
    Core,
}

impl Kind {
    /// Returns `name version, runtime version`.
    pub(crate) fn version(self) -> String {
        let name = match self {
            Self::Hyper => "hyper",
            Self::Reqwest => "reqwest",
            Self::Core => "devcred",
        };
        format!("{name} {}, Rust {}", machine::package_version(name), machine::rust_version())
    }
}

/// A client, from which each task takes its part.
pub(crate) trait Contender {
    type Lane: Lane;
    fn open_lane(&self) -> impl Future<Output = Result<Self::Lane>>;
}

/// Makes the call that is measured.
pub(crate) trait Lane: Send + 'static {
    fn call(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// The least that an HTTP library can cost: a connection of hyper for each task, and a signed
/// request whose signature was made before.
pub(crate) struct RawHyper {
    address: String,
    uri: Uri,
    headers: HeaderMap,
}

impl RawHyper {
    pub(crate) fn new(endpoint: &str) -> Result<Self> {
        let address = endpoint.strip_prefix("http://").context("the endpoint must be http")?.to_owned();
        let (method, key) = (SignatureMethod::Acs3HmacSha256, access_key()?);
        let signed = testing::signed(
            "GetDeviceCredential",
            method,
            CLIENT_ID,
            INSTANCE_ID,
            &address,
            &key,
            SystemTime::now(),
            NONCE,
        );
        let signed = signed.context("the request cannot be signed")?;
        let mut headers = HeaderMap::new();
        for (name, value) in signed.headers {
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(&value)?);
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        Ok(Self { address, uri: format!("/?{}", signed.query).parse()?, headers })
    }
}

pub(crate) struct HyperLane {
    sender: http1::SendRequest<Empty<Bytes>>,
    uri: Uri,
    headers: HeaderMap,
}

impl Contender for RawHyper {
    type Lane = HyperLane;

    async fn open_lane(&self) -> Result<HyperLane> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(HyperLane { sender, uri: self.uri.clone(), headers: self.headers.clone() })
    }
}

impl Lane for HyperLane {
    async fn call(&mut self) -> Result<()> {
        self.sender.ready().await?;
        let mut request = Request::post(self.uri.clone()).body(Empty::new())?;
        *request.headers_mut() = self.headers.clone();
        let response = self.sender.send_request(request).await?;
        ensure!(response.status() == StatusCode::OK, "the stub server sent {}", response.status());
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(!body.is_empty(), "the stub server sent no body");
        black_box(body);
        Ok(())
    }
}

/// Reqwest with the configuration of devcred, a parsed URL, and a response body that is read but not
/// parsed.
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
    type Lane = Self;

    async fn open_lane(&self) -> Result<Self> {
        Ok(self.clone())
    }
}

impl Lane for RawReqwest {
    async fn call(&mut self) -> Result<()> {
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
    type Lane = Self;

    async fn open_lane(&self) -> Result<Self> {
        Ok(self.clone())
    }
}

impl Lane for Devcred {
    async fn call(&mut self) -> Result<()> {
        black_box(self.client.get_device_credential(CLIENT_ID).await?);
        Ok(())
    }
}
