//! One entry of the journal.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::http::request::{ApiRequest, HttpRequest};
use crate::service::access_key::SecurityTokenPresented;
use crate::signature::SignatureKind;
use crate::signature::encoding::decode;

const HIDDEN: &str = "<hidden>";

/// A call of an operation, as far as it has come. No secret and no security token stands in it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// Counts from 1, in the order of arrival.
    pub number: u64,
    /// Counts from 1, in the order in which connections were accepted: calls with one number shared a connection.
    pub connection: u64,
    /// When the request had arrived in full, by the emulator's clock.
    #[serde(serialize_with = "rfc3339")]
    pub time: SystemTime,
    /// The action that was asked for, known to the emulator or not.
    pub operation: Option<String>,
    /// `ClientId` as it was sent.
    pub client_id: Option<String>,
    /// `InstanceId` as it was sent.
    pub instance_id: Option<String>,
    /// The access key id that the request names.
    pub access_key_id: Option<String>,
    /// Whether a security token came with it, and whether it was the right one.
    pub security_token: SecurityTokenPresented,
    /// How the request is signed; `None` where it cannot be read at all.
    pub signature: Option<SignatureKind>,
    /// The nonce that the request carries.
    pub nonce: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The request target as it stood in the request line, without the value of `SecurityToken`.
    pub target: String,
    /// The headers in the order they came, names in lower case, without the values of secret ones.
    pub headers: Vec<(String, String)>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The id that the answer carries, or would have carried.
    pub request_id: String,
    /// How the call ended; `None` as long as it is unanswered.
    pub end: Option<CallEnd>,
    /// The HTTP status of the answer; `None` where it was raw bytes.
    pub status: Option<u16>,
    /// The code of the answer, where it is an error.
    pub code: Option<String>,
    /// Whether a step or the device's name asked for that code, and the request itself is right.
    pub is_scripted: bool,
    /// From arrival to end.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Option<Duration>,
    /// For a refused signature: what the emulator signed with this account's secret - the canonical request, or the string
    /// to sign of the older signature - without the security token.
    pub refused_signature: Option<String>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallEnd {
    /// The answer is on its way to the client.
    Answered,
    /// The client closed the connection before it had an answer.
    ClientClosed,
    /// The emulator closed the connection without an answer, or in the middle of it.
    EmulatorClosed,
}

impl Call {
    /// A call that has just arrived, `request` being what could be read of it. The journal gives it its number.
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

    /// Its texts that a request can make long, in bytes.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.operation, &self.client_id, &self.instance_id, &self.access_key_id, &self.nonce];
        let more = [&self.user_agent, &self.code, &self.refused_signature];
        let texts = texts.into_iter().chain(more).flatten().map(String::len).sum::<usize>();
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        size_of::<Self>() + self.method.len() + self.target.len() + texts + headers
    }
}

/// Names are decoded before they are compared: `Security%54oken` is the same parameter.
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

/// An `Authorization` of ACS3 holds an id and a signature; any other may hold a secret.
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
