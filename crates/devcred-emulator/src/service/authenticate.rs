//! Authenticates requests: access key, token, time, signature and nonce.

use crate::http::request::{ApiRequest, HttpRequest};
use crate::service::Service;
use crate::service::access_key::AccessKey;
use crate::service::error::Refusal;
use crate::signature::{SignatureMethod, acs3, rpc};

/// ACS3 requires these headers in every request, and signed. The documents also name `host`, but
/// one of the vendor's Java SDKs does not sign it, so the service must accept that (inferred).
const ALWAYS_SIGNED: [&str; 5] =
    ["x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
/// ACS3 requires these headers to be signed if they are sent.
const SIGNED_IF_SENT: [&str; 2] = ["x-acs-accesskey-id", "x-acs-security-token"];

/// Checks access key, token, time, signature and nonce, in this order. Only a request with a valid
/// signature uses up its nonce.
pub(crate) fn authenticate(service: &Service, http: &HttpRequest, request: &ApiRequest) -> Result<(), Refusal> {
    let claim = SignedClaim::read(http, request)?;
    let access_key = service.access_keys.admit(&claim.access_key_id, request.security_token.as_deref())?;
    service.clock.check(&claim.timestamp)?;
    claim.check_signature(access_key)?;
    service.nonces().take(&claim.access_key_id, &claim.nonce, service.clock.now())
}

/// The signature that a request claims to have, and what the service expects instead.
pub(crate) struct SignedClaim {
    pub(crate) access_key_id: String,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
    pub(crate) signature: String,
    pub(crate) expected: ExpectedSignature,
}

pub(crate) enum ExpectedSignature {
    Acs3 { canonical_request: String, is_body_signed: bool },
    Rpc { string_to_sign: String },
}

fn acs3_claim(http: &HttpRequest, request: &ApiRequest) -> Result<SignedClaim, Refusal> {
    let Some(header) = http.header("authorization") else {
        return Err(Refusal::incomplete_signature("there is no Authorization header"));
    };
    let authorization = acs3::Authorization::parse(header).ok_or_else(|| {
        Refusal::incomplete_signature(
            "Authorization is not ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<names>,Signature=<signature>",
        )
    })?;
    let timestamp = request.timestamp.clone().ok_or_else(|| Refusal::missing("Timestamp"))?;
    let nonce = request.nonce.clone().ok_or_else(|| Refusal::missing("SignatureNonce"))?;
    check_signed_headers(http, &authorization.signed_headers)?;

    let payload_hash = acs3::payload_hash(&http.body);
    let canonical_request = acs3::canonical_request(
        &http.method,
        &http.path,
        &request.query,
        &http.headers,
        &authorization.signed_headers,
        &payload_hash,
    );
    let is_body_signed = http.header("x-acs-content-sha256") == Some(&payload_hash);
    Ok(SignedClaim {
        access_key_id: authorization.access_key_id,
        timestamp,
        nonce,
        signature: authorization.signature,
        expected: ExpectedSignature::Acs3 { canonical_request, is_body_signed },
    })
}

fn check_signed_headers(http: &HttpRequest, signed: &[String]) -> Result<(), Refusal> {
    let is_signed = |name: &str| signed.iter().any(|signed| signed == name);
    for name in ALWAYS_SIGNED {
        if !is_signed(name) {
            return Err(Refusal::incomplete_signature(&format!("the header {name} is not signed")));
        }
    }
    for name in SIGNED_IF_SENT {
        if http.header(name).is_some() && !is_signed(name) {
            return Err(Refusal::incomplete_signature(&format!("the header {name} is sent but not signed")));
        }
    }
    match signed.iter().find(|name| http.header(name).is_none()) {
        Some(name) => Err(Refusal::incomplete_signature(&format!("the header {name} is signed but not sent"))),
        None => Ok(()),
    }
}

fn rpc_claim(http: &HttpRequest, request: &ApiRequest) -> Result<SignedClaim, Refusal> {
    let common = |name: &str| {
        let value = request.parameter(name).filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| Refusal::missing(name))
    };
    let claim = SignedClaim {
        access_key_id: common("AccessKeyId")?,
        timestamp: common("Timestamp")?,
        nonce: common("SignatureNonce")?,
        signature: common("Signature")?,
        expected: ExpectedSignature::Rpc { string_to_sign: rpc::string_to_sign(&http.method, &request.parameters) },
    };
    for (name, only) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        if common(name)? != only {
            return Err(Refusal::invalid(name, &format!("it must be {only}")));
        }
    }
    Ok(claim)
}

impl SignedClaim {
    pub(crate) fn read(http: &HttpRequest, request: &ApiRequest) -> Result<Self, Refusal> {
        match request.signature {
            SignatureMethod::Acs3HmacSha256 => acs3_claim(http, request),
            SignatureMethod::HmacSha1 => rpc_claim(http, request),
        }
    }

    fn check_signature(&self, access_key: &AccessKey) -> Result<(), Refusal> {
        let calculated = self.expected.signature(&access_key.access_key_secret);
        if calculated.as_ref() == Some(&self.signature) { Ok(()) } else { Err(self.expected.mismatch()) }
    }
}

impl ExpectedSignature {
    /// Returns `None` if the body does not match its signed hash: then no signature is valid.
    pub(crate) fn signature(&self, access_key_secret: &str) -> Option<String> {
        match self {
            Self::Acs3 { canonical_request, is_body_signed } => {
                let string_to_sign = acs3::string_to_sign(canonical_request);
                is_body_signed.then(|| acs3::signature(access_key_secret, &string_to_sign))
            }
            Self::Rpc { string_to_sign } => Some(rpc::signature(access_key_secret, string_to_sign)),
        }
    }

    /// Returns the text that is signed: the canonical request, or for HMAC-SHA1 the string to sign.
    pub(crate) fn signed_text(&self) -> &str {
        match self {
            Self::Acs3 { canonical_request, .. } => canonical_request,
            Self::Rpc { string_to_sign } => string_to_sign,
        }
    }

    /// Returns the refusal with the service's side of the signature, as the service sends it, so
    /// that a client finds the line that differs.
    ///
    /// With HMAC-SHA1 that text contains the security token, so the journal gets a copy without it.
    fn mismatch(&self) -> Refusal {
        let (message, redacted) = match self {
            Self::Acs3 { canonical_request, .. } => (
                format!(
                    "Specified signature does not match our calculation. server StringToSign is [{}], \
                     server CanonicalRequest is [{canonical_request}]",
                    acs3::string_to_sign(canonical_request),
                ),
                without_token_line(canonical_request),
            ),
            Self::Rpc { string_to_sign } => (
                format!(
                    "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
                ),
                without_token_parameter(string_to_sign),
            ),
        };
        Refusal { refused_signature: Some(redacted), ..Refusal::new("SignatureDoesNotMatch").with_message(message) }
    }
}

fn without_token_line(canonical_request: &str) -> String {
    let lines = canonical_request
        .split('\n')
        .map(|line| if line.starts_with("x-acs-security-token:") { "x-acs-security-token:<hidden>" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_token_parameter(string_to_sign: &str) -> String {
    let parameters = string_to_sign.split("%26").map(|parameter| match parameter.split_once("SecurityToken%3D") {
        Some((before, _)) => format!("{before}SecurityToken%3D<hidden>"),
        None => parameter.to_owned(),
    });
    parameters.collect::<Vec<_>>().join("%26")
}
