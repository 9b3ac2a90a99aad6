//! Requests, in one form for both signature methods.

use crate::service::error::Refusal;
use crate::signature::SignatureMethod;
use crate::signature::acs3::Authorization;
use crate::signature::encoding::decode_pairs;

/// A request as it arrived, not parsed yet.
#[derive(Default)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The names are in lower case, in the order of the request.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpRequest {
    /// Returns the first header of this name, which must be in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    fn has_form(&self) -> bool {
        let media_type = self.header("content-type").and_then(|value| value.split(';').next());
        media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }
}

/// The common parameters and the parameters of the operation, wherever the signature method puts
/// them.
///
/// An empty common parameter counts as absent; an empty parameter of the operation does not.
pub(crate) struct ApiRequest {
    pub(crate) signature: SignatureMethod,
    pub(crate) action: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) security_token: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) timestamp: Option<String>,
    /// The decoded parameters of the query. ACS3 signs only these, because the payload hash covers
    /// a form.
    pub(crate) query: Vec<(String, String)>,
    /// The decoded parameters of query and form together.
    pub(crate) parameters: Vec<(String, String)>,
}

impl ApiRequest {
    pub(crate) fn read(http: &HttpRequest) -> Result<Self, Refusal> {
        let query = decode_pairs(&http.query).ok_or_else(|| undecodable("query"))?;
        let mut parameters = query.clone();
        if http.has_form() {
            let form = std::str::from_utf8(&http.body).ok().and_then(decode_pairs);
            parameters.extend(form.ok_or_else(|| undecodable("form"))?);
        }
        Ok(if is_acs3(http, &parameters) {
            Self::with_acs3(http, query, parameters)
        } else {
            Self::with_rpc(query, parameters)
        })
    }

    /// Returns the first parameter of this name, from the query or the form.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }

    fn with_acs3(http: &HttpRequest, query: Vec<(String, String)>, parameters: Vec<(String, String)>) -> Self {
        let authorization = http.header("authorization").and_then(Authorization::parse);
        let header = |name: &str| non_empty(http.header(name));
        Self {
            signature: SignatureMethod::Acs3HmacSha256,
            action: header("x-acs-action"),
            version: header("x-acs-version"),
            access_key_id: authorization.map(|authorization| authorization.access_key_id),
            security_token: header("x-acs-security-token"),
            nonce: header("x-acs-signature-nonce"),
            timestamp: header("x-acs-date"),
            query,
            parameters,
        }
    }

    fn with_rpc(query: Vec<(String, String)>, parameters: Vec<(String, String)>) -> Self {
        let common = |name: &str| non_empty(find(&parameters, name));
        Self {
            signature: SignatureMethod::HmacSha1,
            action: common("Action"),
            version: common("Version"),
            access_key_id: common("AccessKeyId"),
            security_token: common("SecurityToken"),
            nonce: common("SignatureNonce"),
            timestamp: common("Timestamp"),
            query,
            parameters,
        }
    }
}

/// Returns whether the request uses ACS3.
///
/// An `x-acs-action` header does not decide it, because the vendor's SDKs also send that with RPC
/// requests. A request with that header, without `Authorization` and without any RPC parameter is
/// an unsigned ACS3 request.
fn is_acs3(http: &HttpRequest, parameters: &[(String, String)]) -> bool {
    let has = |name| find(parameters, name).is_some();
    http.header("authorization").is_some()
        || http.header("x-acs-action").is_some() && !has("Action") && !has("Signature")
}

fn find<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn non_empty(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

fn undecodable(part: &str) -> Refusal {
    Refusal::new("InvalidParameter").with_message(format!("The {part} of the request is not percent-encoded UTF-8."))
}
