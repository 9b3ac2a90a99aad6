//! Pure: a failure and its call -> what to do. Called once, when the pipeline gives up.

use std::time::SystemTime;

use crate::access_key::AccessKey;
use crate::clock::timestamp;
use crate::error::ErrorKind;
use crate::failure::{Failure, Reason};
use crate::operation::{Operation, RegisterDeviceCredential};
use crate::redact::redact;
use crate::sign::{SignatureMethod, SignedRequest};
use crate::text::single_line;
use crate::transport_error::{Cause, Shortage};
use crate::validate::GROUP_SEPARATOR;

/// The RAM action that every operation on an instance needs beside its own.
const INSTANCE_ACCESS: &str = "mq:MqttInstanceAccess";

/// What to do if calls are made faster than the rate limiter admits them.
const NO_SLOT: &str = "Make fewer concurrent calls, use a longer timeout, or raise max_requests_per_second.";

/// What to do if calls are made faster than the client's connections can serve them.
const NO_CONNECTION: &str = "Make fewer concurrent calls, use a longer timeout, or raise max_connections.";

/// What to do if opening connections takes too long.
const TOO_MANY_OPENING: &str =
    "Check the network to the service, make fewer concurrent calls, use a longer timeout, or raise max_connecting.";

const ALREADY_EXISTS: &str =
    "The device already has a credential, which did not change. Fetch it (GetDeviceCredential).";

const TOO_MANY_CREDENTIALS: &str =
    "Unregister devices that are no longer used (UnRegisterDeviceCredential), or ask Alibaba Cloud for a higher limit.";

/// The call that failed.
pub(crate) struct CallContext<'a> {
    pub operation: &'static str,
    /// What to do if its outcome is unknown; `None` if it is repeatable.
    pub unknown_outcome_advice: Option<&'static str>,
    pub client_id: &'a str,
    pub host: &'a str,
    pub is_loopback: bool,
    /// `None` if an endpoint was set instead.
    pub region: Option<&'a str>,
    pub requests_per_second: u32,
    pub max_connections: u32,
    pub roots: &'a str,
    /// The host of the proxy, and the option or variable that set it.
    pub proxy: Option<(&'a str, &'a str)>,
    /// The time by the system clock.
    pub now: SystemTime,
    pub signature_method: SignatureMethod,
    /// The last request, and the key that signed it.
    pub last_attempt: Option<(&'a SignedRequest, &'a AccessKey)>,
    /// Whether every attempt ended in a refused or reset connection.
    pub always_refused_or_reset: bool,
}

/// Returns one or two sentences on what to do, if the message does not say it already.
pub(crate) fn advice(failure: &Failure, context: &CallContext) -> Option<String> {
    if let Some(advice) = context.unknown_outcome_advice.filter(|_| failure.is_outcome_unknown()) {
        return Some(advice.into());
    }
    match &failure.reason {
        Reason::Answered { is_known } => for_response(failure, *is_known, context),
        Reason::NoResponse(error) => for_transport_error(error.cause, context),
        Reason::NoSlot => Some(NO_SLOT.into()),
        Reason::NoConnection { are_all_open: true } => Some(NO_CONNECTION.into()),
        Reason::NoConnection { are_all_open: false } => Some(TOO_MANY_OPENING.into()),
        Reason::Local => None,
    }
}

fn for_response(failure: &Failure, is_known: bool, context: &CallContext) -> Option<String> {
    match failure.kind {
        // The service lists this code for a registration too, without saying when it is returned.
        ErrorKind::NotFound if context.operation == RegisterDeviceCredential::NAME => None,
        ErrorKind::NotFound => Some(register_first(context.client_id)),
        ErrorKind::AlreadyExists => Some(ALREADY_EXISTS.into()),
        ErrorKind::PermissionDenied if failure.has_code(&["InstancePermissionCheckFailed"]) => {
            Some(another_place(context))
        }
        ErrorKind::PermissionDenied if failure.has_code(&["DeviceCredentialNumExceed"]) => {
            Some(TOO_MANY_CREDENTIALS.into())
        }
        ErrorKind::PermissionDenied => ram_refusal(failure),
        ErrorKind::Authentication if failure.has_code(&["InvalidSecurityToken.Expired"]) => {
            Some("The security token has expired. Set a new one with set_access_key.".into())
        }
        ErrorKind::Authentication
            if failure.has_code(&["Forbidden.AccessKeyDisabled", "InvalidAccessKeyId.Inactive"]) =>
        {
            Some("The AccessKey is disabled. Enable it, or set another one with set_access_key.".into())
        }
        ErrorKind::Authentication if failure.has_code(&["InvalidAccessKeyId.NotFound"]) => {
            Some(unknown_access_key(context))
        }
        ErrorKind::Authentication if failure.has_code(&["SignatureDoesNotMatch"]) => {
            Some(signature_refused(failure, context))
        }
        ErrorKind::Authentication if failure.is_clock() => Some(clock_refused(failure, context)),
        ErrorKind::Throttled => Some(format!(
            "This client sends at most {} requests a second; other processes share the account's quota of 500.",
            context.requests_per_second
        )),
        ErrorKind::Service if !is_known && !failure.is_retryable => {
            Some("devcred does not know this code. See message and help_url; retrying will not help.".into())
        }
        _ => None,
    }
}

fn register_first(client_id: &str) -> String {
    let form = if client_id.contains(GROUP_SEPARATOR) {
        String::new()
    } else {
        format!(" A client id has the form GROUP{GROUP_SEPARATOR}DEVICE.")
    };
    format!(
        "Register the device first (RegisterDeviceCredential), and only once: registering it again fails or replaces its \
         secret.{form}"
    )
}

fn another_place(context: &CallContext) -> String {
    let place = match context.region {
        Some(region) => format!("The request went to the region {region}"),
        None => format!("The request went to the endpoint {}", context.host),
    };
    format!(
        "{place}. Check that the instance is in that region and belongs to this account; then grant \
         mq:{} and {INSTANCE_ACCESS} on it.",
        context.operation
    )
}

fn ram_refusal(failure: &Failure) -> Option<String> {
    let denied = failure.details.access_denied.iter().map(|(name, value)| format!("{name} {value}"));
    let denied = denied.collect::<Vec<_>>().join(", ");
    (!denied.is_empty()).then(|| format!("RAM denied the request: {denied}."))
}

fn unknown_access_key(context: &CallContext) -> String {
    if context.is_loopback {
        return "The emulator knows another AccessKey: export the lines that it prints.".into();
    }
    let id = context.last_attempt.and_then(|(_, key)| shortened_id(key.id()));
    let id = id.map_or("this id".to_owned(), |id| format!("the id {id}"));
    format!(
        "No AccessKey with {id} exists: it was deleted, or it belongs to the other site of Alibaba Cloud (China or \
         international)."
    )
}

/// Returns the beginning of an AccessKey id. `None` if it does not look like one, because then it may
/// be a secret in the wrong place.
fn shortened_id(id: &str) -> Option<String> {
    const SHOWN: usize = 6;
    let looks_like_one = ["LTAI", "STS."].iter().any(|prefix| id.starts_with(prefix));
    looks_like_one.then(|| id.get(..SHOWN)).flatten().map(|beginning| format!("{beginning}…"))
}

fn clock_refused(failure: &Failure, context: &CallContext) -> String {
    let signed = timestamp(context.last_attempt.map_or(context.now, |(request, _)| request.time));
    match failure.details.date {
        Some(date) => format!("The request was signed at {signed}; the service's clock reads {}.", timestamp(date)),
        None => format!("The request was signed at {signed}; the response has no valid Date header."),
    }
}

/// Compares the service's string to sign with ours, which is the only way to distinguish a wrong
/// secret from a changed request.
fn signature_refused(failure: &Failure, context: &CallContext) -> String {
    let message = &failure.details.full_message;
    let theirs = match context.signature_method {
        SignatureMethod::Acs3HmacSha256 => message
            .split_once("server CanonicalRequest is [")
            .and_then(|(_, rest)| rest.rsplit_once(']'))
            .map(|(text, _)| text),
        SignatureMethod::HmacSha1 => message.split_once("server string to sign is:").map(|(_, text)| text.trim()),
    };
    let (Some(theirs), Some((request, key))) = (theirs, context.last_attempt) else {
        return "The AccessKey id and secret do not match, or the request was changed in transit.".into();
    };
    let ours = request.signed_text.as_str();
    if theirs == ours {
        return "The service signed the same request with a different result, so the AccessKey secret is wrong.".into();
    }
    let (what, separator) = match context.signature_method {
        SignatureMethod::Acs3HmacSha256 => ("line of the canonical request", "\n"),
        SignatureMethod::HmacSha1 => ("parameter of the string to sign", "%26"),
    };
    let (ours, theirs) = first_difference(ours, theirs, separator);
    let excerpt = |part: &str| excerpt(part, key);
    format!(
        "The request was changed in transit. First differing {what}: sent {}, received {}.",
        excerpt(ours),
        excerpt(theirs)
    )
}

fn first_difference<'a>(ours: &'a str, theirs: &'a str, separator: &str) -> (&'a str, &'a str) {
    let (mut ours, mut theirs) = (ours.split(separator), theirs.split(separator));
    loop {
        match (ours.next(), theirs.next()) {
            (Some(our), Some(their)) if our == their => {}
            (our, their) => return (our.unwrap_or_default(), their.unwrap_or_default()),
        }
    }
}

/// A part of a request for people's eyes: without secrets, also those of a token that was altered,
/// and not endless.
fn excerpt(part: &str, key: &AccessKey) -> String {
    const MAX_CHARS: usize = 200;
    let token_names = ["x-acs-security-token:", "SecurityToken%3D", "SecurityToken="];
    // Not always at the beginning: what took the line feeds out of the message left the whole
    // request in one line.
    let before_token = token_names.iter().filter_map(|name| part.find(name)?.checked_add(name.len())).min();
    let part = match before_token {
        Some(end) => format!("{}<redacted>", part.get(..end).unwrap_or_default()),
        None => part.to_owned(),
    };
    let part = redact(&part, key.secrets());
    let part: String = single_line(&part).chars().take(MAX_CHARS).collect();
    format!("\"{part}\"")
}

fn for_transport_error(cause: Cause, context: &CallContext) -> Option<String> {
    if let (Some((proxy, named_by)), Some(trouble)) = (context.proxy, proxy_trouble(cause)) {
        return Some(format!("The proxy {proxy}, set by {named_by}, {trouble}."));
    }
    match cause {
        Cause::UnknownIssuer => Some(format!(
            "The certificate was checked against {}. Behind a proxy that inspects TLS, pass its CA as root_certificates_pem.",
            context.roots
        )),
        Cause::CertificateIsCa => Some(
            "Use a server certificate with basicConstraints CA:FALSE (openssl req -x509 creates CA:TRUE by default), and \
             pass its issuer as root_certificates_pem."
                .into(),
        ),
        Cause::CertificateExpired | Cause::CertificateNotYetValid => Some(format!(
            "This machine's clock reads {}. If that is wrong, correct it and try again.",
            timestamp(context.now)
        )),
        Cause::System(Shortage::Descriptors) => Some(format!(
            "This client uses at most {} of them. Lower max_connections, or raise the limit of the process (ulimit -n).",
            context.max_connections
        )),
        Cause::Refused | Cause::Reset if context.always_refused_or_reset && context.is_loopback => {
            Some(format!("Is the emulator running at {}?", context.host))
        }
        Cause::Refused | Cause::Reset if context.always_refused_or_reset => Some(
            "The service blocks a source address that sends more than 300 requests a second, counted over all processes."
                .into(),
        ),
        _ => None,
    }
}

fn proxy_trouble(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::ProxyAuthentication => Some("requires a user name and password; add them to its URL"),
        Cause::ProxyRefused => Some("refused the CONNECT request"),
        Cause::Refused => Some("refused the connection"),
        Cause::NotResolved => Some("has a name that could not be resolved"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
