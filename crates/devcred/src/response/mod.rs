//! Pure: status, headers and body -> the operation's output, or a failure.

mod documented;
mod service_error;

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use zeroize::Zeroizing;

use crate::error::ErrorKind;
use crate::error_code::classify;
use crate::failure::{ErrorDetails, Failure, Reason};
use crate::json::{Fields, Unreadable};
use crate::operation::Operation;
use crate::redact::contains_secret;
use crate::secret::Secret;
pub(crate) use documented::credential as documented_credential;
use service_error::ServiceError;

/// The maximum size of a body in bytes. A response of the service has some hundred.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// The maximum size of the headers in bytes, names and values together.
pub(crate) const HEADERS_MAX: usize = 16 * 1024;

/// What was received.
pub(crate) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

pub(crate) enum Body {
    Whole(Zeroizing<Vec<u8>>),
    /// Longer than [`BODY_MAX`], and not read to its end.
    TooLong,
    /// With a content encoding, which was not requested and is not decoded: a few bytes could
    /// become a gigabyte.
    Encoded,
    /// With two lengths that may differ, `Content-Length` and chunks, and not read.
    OfTwoLengths,
    /// After headers longer than [`HEADERS_MAX`], and not read.
    OfLongHeaders,
}

impl HttpResponse {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Drop for HttpResponse {
    fn drop(&mut self) {
        if let Body::Whole(body) = &mut self.body {
            // `Zeroizing` wipes what is in use byte by byte, and the room behind it at once.
            body.clear();
        }
    }
}

/// Parses a response. `secrets` are those of the request: if the response repeats one, it is
/// redacted.
pub(crate) fn parse<'a, O: Operation>(
    operation: &O,
    instance_id: &str,
    response: &HttpResponse,
    secrets: impl IntoIterator<Item = &'a Secret>,
) -> Result<O::Output, Failure> {
    let secrets: Vec<_> = secrets.into_iter().collect();
    if let (200, Body::Whole(body)) = (response.status, &response.body) {
        if let Some(output) = operation.read_documented(instance_id, body, &secrets) {
            return Ok(output);
        }
    }
    let fields = fields(response);
    let service_error = service_error(response, fields.as_ref().ok(), &secrets);
    let request_id = request_id(response, fields.as_ref().ok(), service_error.as_ref(), &secrets);
    match service_error {
        Some(error) if !(300..400).contains(&response.status) => Err(refused(error, response, request_id, &secrets)),
        _ if response.status == 200 => {
            let id = request_id.as_deref().unwrap_or_default();
            let output = fields.and_then(|fields| operation.read(instance_id, &fields, id));
            output.map_err(|unreadable| invalid(unreadable.0, response, request_id))
        }
        _ => Err(without_code(response, request_id)),
    }
}

fn fields(response: &HttpResponse) -> Result<Fields<'_>, Unreadable> {
    match &response.body {
        Body::Whole(body) => Fields::parse(body),
        Body::TooLong => Err(Unreadable(format!("the response body is longer than {} KiB", BODY_MAX / 1024))),
        Body::Encoded => Err(Unreadable("the response has a Content-Encoding that was not requested".into())),
        Body::OfLongHeaders => {
            Err(Unreadable(format!("the response headers are longer than {} KiB", HEADERS_MAX / 1024)))
        }
        Body::OfTwoLengths => Err(Unreadable("the response has both a Content-Length and a Transfer-Encoding".into())),
    }
}

fn service_error(response: &HttpResponse, fields: Option<&Fields>, secrets: &[&Secret]) -> Option<ServiceError> {
    let error = match (&response.body, fields) {
        (_, Some(fields)) => ServiceError::from_json(fields),
        (Body::Whole(body), None) => ServiceError::from_xml(body),
        _ => None,
    };
    error?.without(secrets)
}

/// Returns the `RequestId` of the body, or else that of the header.
fn request_id(
    response: &HttpResponse,
    fields: Option<&Fields>,
    error: Option<&ServiceError>,
    secrets: &[&Secret],
) -> Option<String> {
    let of_body = || fields.and_then(|fields| fields.optional_text("RequestId"));
    let of_error = || error.and_then(|error| error.request_id.clone());
    let of_header = || response.header("x-acs-request-id").map(str::to_owned);
    let sources: [&dyn Fn() -> Option<String>; 3] = [&of_body, &of_error, &of_header];
    // The response could contain the device's secret in the wrong field.
    let of_device =
        fields.and_then(|fields| fields.object("DeviceCredential").ok()?.secret("DeviceAccessKeySecret").ok());
    let is_secret = |id: &str| contains_secret(id, secrets.iter().copied().chain(&of_device));
    let ids = sources.into_iter().filter_map(|source| source().map(Zeroizing::new));
    ids.filter(|id| is_request_id(id) && !is_secret(id)).map(|mut id| std::mem::take(&mut *id)).next()
}

/// Request ids are UUIDs, whose ends the documents mask with asterisks; a gateway may use others.
fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The service returned an error.
fn refused(error: ServiceError, response: &HttpResponse, request_id: Option<String>, secrets: &[&Secret]) -> Failure {
    let classified = classify(&error.code, response.status);
    let message = error.message(secrets);
    let access_denied = error.access_denied(secrets);
    let details = ErrorDetails {
        code: Some(error.code),
        help_url: error.help_url.filter(|url| !contains_secret(url, secrets.iter().copied())),
        full_message: error.full_message,
        access_denied,
        ..details(response, request_id)
    };
    Failure {
        kind: classified.kind,
        message,
        is_retryable: classified.is_retryable || details.asks_to_wait,
        reason: Reason::Answered { is_known: classified.is_known },
        details: Box::new(details),
    }
}

/// A response without a code that the service documents: only its status is known.
fn without_code(response: &HttpResponse, request_id: Option<String>) -> Failure {
    let status = response.status;
    let (kind, is_retryable) = match status {
        300..=399 => {
            let message = format!("unexpected redirect (HTTP {status}); redirects are not followed");
            return invalid(message, response, request_id);
        }
        429 => (ErrorKind::Throttled, true),
        500..=599 => (ErrorKind::Service, true),
        _ => (ErrorKind::InvalidResponse, false),
    };
    let details = Box::new(details(response, request_id));
    Failure {
        kind,
        message: format!("HTTP {status} without a readable service error"),
        is_retryable: is_retryable || details.asks_to_wait,
        reason: Reason::Answered { is_known: true },
        details,
    }
}

/// A response that does not match the documentation. The message never quotes the body, which may
/// contain the device's secret.
fn invalid(message: String, response: &HttpResponse, request_id: Option<String>) -> Failure {
    Failure {
        kind: ErrorKind::InvalidResponse,
        message,
        is_retryable: false,
        reason: Reason::Answered { is_known: true },
        details: Box::new(ErrorDetails { http_status: Some(response.status), request_id, ..ErrorDetails::default() }),
    }
}

/// Reads the status line and the headers.
fn details(response: &HttpResponse, request_id: Option<String>) -> ErrorDetails {
    let date = response.header(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    let asked = response.header("x-acs-retry-after").and_then(milliseconds);
    let standard = response.header(RETRY_AFTER.as_str()).and_then(|value| seconds_or_date(value, date));
    ErrorDetails {
        http_status: Some(response.status),
        request_id,
        date,
        retry_after: asked.max(standard),
        asks_to_wait: asked.is_some(),
        ..ErrorDetails::default()
    }
}

/// The service's own header is in milliseconds; anything but a positive integer is ignored.
fn milliseconds(value: &str) -> Option<Duration> {
    value.trim().parse().ok().filter(|ms| *ms > 0).map(Duration::from_millis)
}

/// `Retry-After` is in seconds, or a date relative to the `Date` of the response.
fn seconds_or_date(value: &str, now: Option<SystemTime>) -> Option<Duration> {
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now?).ok(),
    }
}

#[cfg(test)]
mod tests;
