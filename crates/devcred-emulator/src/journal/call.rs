//! A call, as the journal records it.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::http::request::{ApiRequest, HttpRequest};
use crate::service::access_key::SecurityTokenPresented;
use crate::signature::SignatureMethod;
use crate::signature::encoding::decode;

const HIDDEN: &str = "<hidden>";

/// A call of an operation, up to now. It contains no secret and no security token.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Counts from 1, in the order of arrival.
    pub number: u64,
    /// Counts from 1, in the order in which connections were accepted. Calls with the same number
    /// shared a connection.
    pub connection: u64,
    /// When the request had arrived in full, by the emulator's clock.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The requested action, even if the emulator does not know it.
    pub operation: Option<String>,
    /// `ClientId` as it was sent.
    pub client_id: Option<String>,
    /// `InstanceId` as it was sent.
    pub instance_id: Option<String>,
    /// The access key id in the request.
    pub access_key_id: Option<String>,
    /// Whether the request carried a security token, and whether it was the right one.
    pub security_token: SecurityTokenPresented,
    /// The signature method; `None` if the request cannot be parsed.
    pub signature: Option<SignatureMethod>,
    /// The nonce in the request.
    pub nonce: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The request target as in the request line, without the value of `SecurityToken`.
    pub target: String,
    /// The headers in the order of the request, with names in lower case and without secret values.
    pub headers: Vec<(String, String)>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The request id of the response, even if none was sent.
    pub request_id: String,
    /// How the call ended; `None` as long as it has no response.
    pub end: Option<CallEnd>,
    /// The HTTP status of the response; `None` if it was raw bytes.
    pub status: Option<u16>,
    /// The error code of the response, if it is an error.
    pub code: Option<String>,
    /// Whether that code comes from a step or the device's name, so that the request itself is
    /// correct.
    pub is_scripted: bool,
    /// The time from arrival to end.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Option<Duration>,
    /// For a refused signature: the text that the emulator signed with the secret of this access
    /// key, without the security token. It is the canonical request, or for HMAC-SHA1 the string to
    /// sign.
    pub refused_signature: Option<String>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallEnd {
    /// The response was handed to the connection.
    Answered,
    /// The client closed the connection before it got a response.
    ClientClosed,
    /// The emulator closed the connection without a response, or in the middle of it.
    EmulatorClosed,
}

impl RecordedCall {
    /// Creates the entry of a request that has just arrived. `request` is `None` if it could not be
    /// parsed. The journal assigns the number.
    pub(crate) fn new(
        http: &HttpRequest,
        request: Option<&ApiRequest>,
        time: SystemTime,
        security_token: SecurityTokenPresented,
        connection: u64,
        request_id: String,
    ) -> Self {
        let parameter = |name| request.and_then(|request| request.parameter(name)).map(str::to_owned);
        Self {
            number: 0,
            connection,
            time,
            operation: request.and_then(|request| request.action.clone()),
            client_id: parameter("ClientId"),
            instance_id: parameter("InstanceId"),
            access_key_id: request.and_then(|request| request.access_key_id.clone()),
            security_token,
            signature: request.map(|request| request.signature),
            nonce: request.and_then(|request| request.nonce.clone()),
            method: http.method.clone(),
            target: target_without_token(http),
            headers: http.headers.iter().map(header_without_secret).collect(),
            user_agent: http.header("user-agent").map(str::to_owned),
            request_id,
            end: None,
            status: None,
            code: None,
            is_scripted: false,
            duration: None,
            refused_signature: None,
        }
    }

    /// Returns the memory that the call takes, in bytes. It counts the texts whose length the
    /// request decides.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.operation, &self.client_id, &self.instance_id, &self.access_key_id, &self.nonce];
        let more = [&self.user_agent, &self.code, &self.refused_signature];
        let texts = texts.into_iter().chain(more).flatten().map(String::len).sum::<usize>();
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        size_of::<Self>() + self.method.len() + self.target.len() + texts + headers
    }
}

/// Decodes names before it compares them: `Security%54oken` is the same parameter.
fn target_without_token(http: &HttpRequest) -> String {
    let hidden = http.query.split('&').map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        match decode(name) {
            Some(decoded) if !decoded.eq_ignore_ascii_case("SecurityToken") => pair.to_owned(),
            _ => format!("{name}={HIDDEN}"),
        }
    });
    let query = hidden.collect::<Vec<_>>().join("&");
    if query.is_empty() { http.path.clone() } else { format!("{}?{query}", http.path) }
}

/// An `Authorization` of ACS3 contains an id and a signature. Any other may contain a secret.
fn header_without_secret((name, value): &(String, String)) -> (String, String) {
    let is_secret = match name.as_str() {
        "authorization" => !value.starts_with("ACS3-HMAC-SHA256 "),
        "x-acs-security-token" | "x-acs-bearer-token" | "proxy-authorization" | "cookie" => true,
        _ => false,
    };
    (name.clone(), if is_secret { HIDDEN.to_owned() } else { value.clone() })
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

fn milliseconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_millis()).serialize(serializer)
}
