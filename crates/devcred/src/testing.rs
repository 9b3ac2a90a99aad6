//! What benchmarks, fuzz targets and tests need beyond the public API. It is not part of a normal
//! build.

use std::ffi::OsString;
use std::time::SystemTime;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use crate::access_key::AccessKey;
use crate::advice::{self, CallContext};
use crate::credential::DeviceCredential;
use crate::crypto::nonce;
use crate::endpoint::Endpoint;
use crate::env::{Env, NamedValue};
use crate::error::Error;
use crate::operation::{GetDeviceCredential, Operation};
use crate::proxy::Proxy;
use crate::response::{self, Body, HttpResponse};
use crate::retry::RetryState;
use crate::sign::{SignatureMethod, SignedRequest, SigningContext, encode};
use crate::transport::Roots;

fn sign_with(
    operation: &str,
    method: SignatureMethod,
    client_id: &str,
    instance_id: &str,
    host: &str,
    key: &AccessKey,
    context: SigningContext,
) -> Option<SignedRequest> {
    let parameters = [("ClientId", client_id), ("InstanceId", instance_id)];
    method.sign(operation, &parameters, host, key, context).ok()
}

/// Signs one request with a fresh nonce and date, and returns its length in bytes.
pub fn sign(method: SignatureMethod, client_id: &str, instance_id: &str, host: &str, key: &AccessKey) -> usize {
    let nonce = nonce().map(|nonce| nonce.to_owned()).unwrap_or_default();
    let context = SigningContext { time: SystemTime::now(), nonce: &nonce };
    let request = sign_with(GetDeviceCredential::NAME, method, client_id, instance_id, host, key, context);
    request.map_or(0, |request| {
        request.query.len()
            + request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
    })
}

/// Percent-encodes a text as queries contain it.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    encode::append(&mut encoded, text);
    encoded
}

/// A call whose host, nonce and time are fixed.
pub struct FixedCall<'a> {
    pub signature_method: SignatureMethod,
    pub client_id: &'a str,
    pub instance_id: &'a str,
    pub key: &'a AccessKey,
}

impl FixedCall<'_> {
    const HOST: &'static str = "onsmqtt.cn-hangzhou.aliyuncs.com";
    const TIME: SystemTime = SystemTime::UNIX_EPOCH;

    fn sign(&self) -> Result<SignedRequest, Error> {
        let context = SigningContext { time: Self::TIME, nonce: "00000000000000000000000000000000" };
        let (operation, method) = (GetDeviceCredential::NAME, self.signature_method);
        sign_with(operation, method, self.client_id, self.instance_id, Self::HOST, self.key, context)
            .ok_or_else(|| Error::invalid_parameter("an id that fits into no header"))
    }

    /// Returns the canonical request, or with HMAC-SHA1 the string to sign.
    pub fn signed_text(&self) -> Result<String, Error> {
        self.sign().map(|request| (*request.signed_text).clone())
    }

    /// Returns what the caller gets if this response is the last one: the pipeline without rate
    /// limiter, transport and retries. Invalid headers are left out.
    pub fn read(&self, status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Result<DeviceCredential, Error> {
        let header = |(name, value): &(&str, &[u8])| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
        };
        let headers: HeaderMap = headers.iter().filter_map(header).collect();
        let response = HttpResponse { status, headers, body: Body::Whole(Zeroizing::new(body.to_vec())) };
        let operation = GetDeviceCredential::new(self.client_id);
        let failure = match response::parse(&operation, self.instance_id, &response, self.key.secrets()) {
            Ok(credential) => return Ok(credential),
            Err(failure) => failure,
        };
        let request = self.sign()?;
        let context = CallContext {
            operation: GetDeviceCredential::NAME,
            unknown_outcome_advice: GetDeviceCredential::UNKNOWN_OUTCOME_ADVICE,
            client_id: self.client_id,
            host: Self::HOST,
            is_loopback: false,
            region: None,
            requests_per_second: 50,
            max_connections: 100,
            roots: "the roots bundled with devcred",
            proxy: None,
            now: Self::TIME,
            signature_method: self.signature_method,
            last_attempt: Some((&request, self.key)),
            always_refused_or_reset: false,
        };
        let advice = advice::advice(&failure, &context);
        let mut state = RetryState::new(1);
        state.record_attempt();
        Err(failure.into_error(&state, advice))
    }
}

/// Returns the signed host of this endpoint, and the URL of a request with this query.
pub fn endpoint(text: &str, query: &str) -> Result<(String, String), Error> {
    let endpoint = Endpoint::from_url(&NamedValue::option("endpoint", text))?;
    Ok((endpoint.host().to_owned(), endpoint.url(query).into()))
}

/// Returns the proxy that an environment with these variables alone selects for the endpoint:
/// `host:port`, and the name of the variable that names it.
pub fn proxy(
    endpoint: &str,
    variables: Vec<(&'static str, OsString)>,
) -> Result<Option<(String, &'static str)>, Error> {
    let endpoint = Endpoint::from_url(&NamedValue::option("endpoint", endpoint))?;
    let look_up =
        move |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    let Some(proxy) = Proxy::choose(None, &Env::new(look_up), &endpoint)? else {
        return Ok(None);
    };
    proxy.to_reqwest()?;
    Ok(Some((proxy.host().to_owned(), proxy.named_by)))
}

/// Counts the root certificates that a client trusts when the caller adds this PEM and the
/// environment is empty.
pub fn count_roots(added_pem: Option<&[u8]>) -> Result<usize, Error> {
    Ok(Roots::load(&Env::new(|_| None), added_pem)?.store().len())
}

/// A request, and its canonical request or, with HMAC-SHA1, its string to sign.
pub struct Signed {
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub signed_text: String,
}

/// Signs one request with this time and nonce. Returns `None` if a value is not a valid header.
#[allow(clippy::too_many_arguments, reason = "everything that a signature depends on")]
pub fn signed(
    operation: &str,
    method: SignatureMethod,
    client_id: &str,
    instance_id: &str,
    host: &str,
    key: &AccessKey,
    time: SystemTime,
    nonce: &str,
) -> Option<Signed> {
    let context = SigningContext { time, nonce };
    let request = sign_with(operation, method, client_id, instance_id, host, key, context)?;
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers = request.headers.iter().map(text).collect::<Option<_>>()?;
    Some(Signed { query: request.query.to_string(), headers, signed_text: request.signed_text.to_string() })
}
