//! What this project's tests need beyond the public API. It may change at any time.

use crate::builder::Builder;
use crate::fault::step::Step;
use crate::http::request::{ApiRequest, HttpRequest};
use crate::service::authenticate::SignedClaim;
use crate::service::error::Refusal;

/// Calls `next` for every request after the scripted steps to get its step. `None` is the service's
/// own response.
pub fn with_endless_steps(builder: Builder, next: impl FnMut() -> Option<Step> + Send + 'static) -> Builder {
    builder.endless_steps(Box::new(next))
}

/// A parsed request `POST /` with an empty body, and the signature that it must carry.
#[derive(Debug)]
pub struct Calculated {
    pub operation: Option<String>,
    /// Decoded, like the members below.
    pub client_id: Option<String>,
    pub instance_id: Option<String>,
    pub access_key_id: String,
    pub security_token: Option<String>,
    pub nonce: String,
    pub timestamp: String,
    /// The signature that the request carries.
    pub presented: String,
    /// The signature that the request must carry.
    pub signature: String,
    /// The text that is signed: the canonical request, or for HMAC-SHA1 the string to sign.
    pub signed_text: String,
}

/// Parses a request and calculates its signature with this secret. The names of the headers must be
/// in lower case.
///
/// # Errors
/// Returns why the service refuses the request before it compares signatures.
pub fn calculate(access_key_secret: &str, query: &str, headers: Vec<(String, String)>) -> Result<Calculated, String> {
    let http = HttpRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    let describe = |refusal: Refusal| format!("{}: {}", refusal.code, refusal.message);
    let request = ApiRequest::read(&http).map_err(describe)?;
    let claim = SignedClaim::read(&http, &request).map_err(describe)?;
    let signature = claim.expected.signature(access_key_secret).ok_or("the body does not match its signed hash")?;
    Ok(Calculated {
        operation: request.action.clone(),
        client_id: request.parameter("ClientId").map(str::to_owned),
        instance_id: request.parameter("InstanceId").map(str::to_owned),
        access_key_id: claim.access_key_id,
        security_token: request.security_token,
        nonce: claim.nonce,
        timestamp: claim.timestamp,
        presented: claim.signature,
        signature,
        signed_text: claim.expected.signed_text().to_owned(),
    })
}
