//! What the bindings' bridge, benchmarks, fuzz targets and tests need beyond the public API. No promise is made for it.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::SystemTime;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::access_key::AccessKey;
use crate::advice::{self, Asked};
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::credential::DeviceCredential;
use crate::endpoint::{Endpoint, Network};
use crate::error::Error;
use crate::operation::GetDeviceCredential;
use crate::proxy::Proxy;
use crate::response::{self, Answer, Body};
use crate::sign::{Signature, SignedRequest, Stamp, nonce};
pub use crate::transport::Resolver;
use crate::transport::Roots;
use crate::variables::{Setting, Variables};

/// Signs one request with a fresh nonce and date, and returns its length in bytes.
pub fn sign(signature: Signature, client_id: &str, instance_id: &str, host: &str, key: &AccessKey) -> usize {
    let nonce = nonce().unwrap_or_default();
    let stamp = Stamp { time: SystemTime::now(), nonce: &nonce };
    let request = signature.sign(&GetDeviceCredential::new(client_id, instance_id), host, key, stamp);
    request.map_or(0, |request| {
        request.query.len() + request.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    })
}

/// A call that is the same every time: its host, nonce and time are fixed.
pub struct FixedCall<'a> {
    pub signature: Signature,
    pub client_id: &'a str,
    pub instance_id: &'a str,
    pub key: &'a AccessKey,
}

impl FixedCall<'_> {
    const HOST: &'static str = "onsmqtt.cn-hangzhou.aliyuncs.com";
    const TIME: SystemTime = SystemTime::UNIX_EPOCH;

    fn operation(&self) -> GetDeviceCredential {
        GetDeviceCredential::new(self.client_id, self.instance_id)
    }

    fn sign(&self) -> Result<SignedRequest, Error> {
        let stamp = Stamp { time: Self::TIME, nonce: "00000000000000000000000000000000" };
        let request = self.signature.sign(&self.operation(), Self::HOST, self.key, stamp);
        request.map_err(|_| Error::invalid_parameter("an id that fits into no header"))
    }

    /// What the signature covers: the canonical request, or with HMAC-SHA1 the string to sign.
    pub fn covered(&self) -> Result<String, Error> {
        self.sign().map(|request| (*request.covered).clone())
    }

    /// What the caller gets where this answer is the last: the pipeline without pace, transport and retry. A header that
    /// HTTP does not allow is left out.
    pub fn read(&self, status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Result<DeviceCredential, Error> {
        let header = |(name, value): &(&str, &[u8])| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
        };
        let headers: HeaderMap = headers.iter().filter_map(header).collect();
        let answer = Answer { status, headers, body: Body::Whole(Zeroizing::new(body.to_vec())) };
        let request = self.sign()?;
        let failure = match response::read(&self.operation(), &answer, self.key.secrets()) {
            Ok(read) => return Ok(read.answer),
            Err(failure) => failure,
        };
        let asked = Asked {
            client_id: self.client_id,
            host: Self::HOST,
            is_loopback: false,
            region: None,
            requests_per_second: 50,
            roots: "the roots bundled with devcred",
            proxy: None,
            now: Self::TIME,
            signature: self.signature,
            sent: Some(advice::Sent { request: &request, key: self.key, time: Self::TIME }),
            always_refused_or_reset: false,
        };
        let advice = advice::advice(&failure, &asked);
        Err(Error::new(failure, 1, advice))
    }
}

/// The host that is signed for this endpoint, and the URL of a request with this query.
pub fn endpoint(text: &str, query: &str) -> Result<(String, String), Error> {
    let endpoint = Endpoint::resolve(Some(&Setting::option("endpoint", text)), None, Network::Public)?;
    Ok((endpoint.host().to_owned(), endpoint.url(query).into()))
}

/// Returns the proxy that an environment with these variables alone selects for the endpoint: `host:port`, and the name of the
/// variable that names it.
pub fn proxy(
    endpoint: &str,
    variables: Vec<(&'static str, OsString)>,
) -> Result<Option<(String, &'static str)>, Error> {
    let endpoint = Endpoint::resolve(Some(&Setting::option("endpoint", endpoint)), None, Network::Public)?;
    let look_up =
        move |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    let Some(proxy) = Proxy::choose(None, &Variables::new(look_up), &endpoint)? else {
        return Ok(None);
    };
    proxy.to_reqwest()?;
    Ok(Some((proxy.host().to_owned(), proxy.named_by)))
}

/// Counts the root certificates that a client trusts when the caller adds this PEM and the environment is empty.
pub fn count_roots(added_pem: Option<&[u8]>) -> Result<usize, Error> {
    Ok(Roots::load(&Variables::new(|_| None), added_pem)?.store().len())
}

/// A request as it is sent, and what its signature covers: the canonical request, or with HMAC-SHA1 the string to sign.
pub struct Signed {
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub covered: String,
}

/// Signs one request with this time and nonce. `None` where a value fits into no header.
pub fn signed(
    signature: Signature,
    client_id: &str,
    instance_id: &str,
    host: &str,
    key: &AccessKey,
    time: SystemTime,
    nonce: &str,
) -> Option<Signed> {
    let operation = GetDeviceCredential::new(client_id, instance_id);
    let request = signature.sign(&operation, host, key, Stamp { time, nonce }).ok()?;
    let text = |(name, value): &(&str, reqwest::header::HeaderValue)| {
        Some(((*name).to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = request.headers.iter().map(text).collect::<Option<_>>()?;
    Some(Signed { query: request.query.to_string(), headers, covered: request.covered.to_string() })
}

/// Names the language that the caller's program is written in: the last word of the user agent.
pub fn with_language(builder: ClientBuilder, language: &'static str) -> ClientBuilder {
    builder.language(language)
}

/// Lets clients share the threads of one resolver.
pub fn with_resolver(builder: ClientBuilder, resolver: Resolver) -> ClientBuilder {
    builder.resolver(resolver)
}

/// The key that the client signs with now.
pub fn access_key(client: &Client) -> Arc<AccessKey> {
    client.access_key()
}

/// A client of the same configuration for a forked process, where another thread may have held any lock of the old one: it
/// reads what cannot change, and takes key and resolver from the caller. The old client must not be dropped there.
///
/// # Errors
/// `Internal` where the HTTP client cannot be set up.
pub fn anew(client: &Client, access_key: AccessKey, resolver: Resolver) -> Result<Client, Error> {
    Client::new(client.parts().anew(resolver)?, access_key)
}

/// A refusal of the bridge's own, in the form of every other.
pub fn invalid_parameter(message: &str) -> Error {
    Error::invalid_parameter(message)
}

/// A fault of the bridge's own, in the form of every other.
pub fn fault(message: &str, advice: Option<&str>) -> Error {
    Error::internal(message, advice.map(str::to_owned))
}
