//! A request in one form for both signatures.

use crate::service::error::Refusal;
use crate::signature::SignatureKind;
use crate::signature::acs3::Authorization;
use crate::signature::encoding::decode_pairs;

/// What arrived, before anything in it is understood.
#[derive(Default)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpRequest {
    /// The first header of this name, which is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    fn has_form(&self) -> bool {
        let media_type = self.header("content-type").and_then(|value| value.split(';').next());
        media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }
}

/// The parameters and the common parameters, wherever the signature's kind puts them. An empty common parameter counts as
/// absent; an empty parameter of the operation does not.
pub(crate) struct ApiRequest {
    pub(crate) signature: SignatureKind,
    pub(crate) action: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) security_token: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) timestamp: Option<String>,
    /// Of the query, decoded; ACS3 signs these only, since the hash of the body covers a form.
    pub(crate) query: Vec<(String, String)>,
    /// Of query and form together, decoded.
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

    /// The first parameter of this name, in the query or the form.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }

    fn with_acs3(http: &HttpRequest, query: Vec<(String, String)>, parameters: Vec<(String, String)>) -> Self {
        let authorization = http.header("authorization").and_then(Authorization::parse);
        let header = |name: &str| present(http.header(name));
        Self {
            signature: SignatureKind::Acs3HmacSha256,
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
        let common = |name: &str| present(find(&parameters, name));
        Self {
            signature: SignatureKind::HmacSha1,
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

/// An `x-acs-action` header does not tell the two apart: the vendor's SDKs send it with RPC requests too. A request with
/// that header, without `Authorization` and without any parameter of RPC's is an ACS3 request that was not signed.
fn is_acs3(http: &HttpRequest, parameters: &[(String, String)]) -> bool {
    let has = |name| find(parameters, name).is_some();
    http.header("authorization").is_some()
        || http.header("x-acs-action").is_some() && !has("Action") && !has("Signature")
}

fn find<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn present(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

fn undecodable(part: &str) -> Refusal {
    Refusal::new("InvalidParameter").with_message(format!("The {part} of the request is not percent-encoded UTF-8."))
}
