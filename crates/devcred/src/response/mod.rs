//! Pure: status, headers and body -> the operation's answer, or why there is none.

mod fields;
mod service_error;

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use zeroize::Zeroizing;

use crate::error::{ErrorKind, classify};
use crate::failure::{Failure, Reason, Reply};
use crate::operation::Operation;
use crate::secret::{Secret, cut_out};
pub(crate) use fields::{Fields, Unreadable};
use service_error::ServiceError;

/// The longest body that is read, in bytes. An answer of the service has some hundred.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// The most bytes of names and values that the headers of an answer may have.
pub(crate) const HEADERS_MAX: usize = 16 * 1024;

/// What came back.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

pub(crate) enum Body {
    Whole(Zeroizing<Vec<u8>>),
    /// Longer than [`BODY_MAX`], and not read to its end.
    TooLong,
    /// With a content encoding, which was not asked for and is not decoded: a few bytes could become a gigabyte.
    Encoded,
    /// With two lengths that may differ, `Content-Length` and chunks, and not read.
    OfTwoLengths,
    /// After headers longer than [`HEADERS_MAX`], and not read.
    OfLongHeaders,
}

/// What the operation made of an answer, and the request id it came with.
pub(crate) struct Read<T> {
    pub answer: T,
    pub request_id: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Reads an answer. `secrets` are those that the request was made with: should the service repeat one, it is cut out.
pub(crate) fn read<'a, O: Operation>(
    operation: &O,
    answer: &Answer,
    secrets: impl IntoIterator<Item = &'a Secret>,
) -> Result<Read<O::Answer>, Failure> {
    let secrets: Vec<_> = secrets.into_iter().collect();
    let fields = fields(answer);
    let service_error = service_error(answer, fields.as_ref().ok(), &secrets);
    let request_id = request_id(answer, fields.as_ref().ok(), service_error.as_ref(), &secrets);
    match service_error {
        Some(error) if !(300..400).contains(&answer.status) => Err(refused(error, answer, request_id, &secrets)),
        _ if answer.status == 200 => fields
            .and_then(|fields| operation.read(&fields, request_id.as_deref().unwrap_or_default()))
            .map(|answer| Read { answer, request_id: request_id.clone().unwrap_or_default() })
            .map_err(|unreadable| invalid(unreadable.0, answer, request_id)),
        _ => Err(without_code(answer, request_id)),
    }
}

fn fields(answer: &Answer) -> Result<Fields<'_>, Unreadable> {
    match &answer.body {
        Body::Whole(body) => Fields::parse(body),
        Body::TooLong => Err(Unreadable(format!("the answer is longer than {} KiB", BODY_MAX / 1024))),
        Body::Encoded => Err(Unreadable("the answer has a content encoding, and none was asked for".into())),
        Body::OfLongHeaders => {
            Err(Unreadable(format!("the headers of the answer are longer than {} KiB", HEADERS_MAX / 1024)))
        }
        Body::OfTwoLengths => Err(Unreadable("the answer has both a Content-Length and a Transfer-Encoding".into())),
    }
}

fn service_error(answer: &Answer, fields: Option<&Fields>, secrets: &[&Secret]) -> Option<ServiceError> {
    let error = match (&answer.body, fields) {
        (_, Some(fields)) => ServiceError::from_json(fields),
        (Body::Whole(body), None) => ServiceError::from_xml(body),
        _ => None,
    };
    error?.without(secrets)
}

/// The body's `RequestId`, or else the header's.
fn request_id(
    answer: &Answer,
    fields: Option<&Fields>,
    error: Option<&ServiceError>,
    secrets: &[&Secret],
) -> Option<String> {
    let of_body = || fields.and_then(|fields| fields.optional_text("RequestId"));
    let of_error = || error.and_then(|error| error.request_id.clone());
    let of_header = || answer.header("x-acs-request-id").map(str::to_owned);
    let sources: [&dyn Fn() -> Option<String>; 3] = [&of_body, &of_error, &of_header];
    // A device's secret could be in the wrong field too.
    let of_device =
        fields.and_then(|fields| fields.object("DeviceCredential").ok()?.secret("DeviceAccessKeySecret").ok());
    let is_secret = |id: &str| {
        let secrets = secrets.iter().copied().chain(&of_device);
        cut_out(id, secrets) != id
    };
    let ids = sources.into_iter().filter_map(|source| source().map(Zeroizing::new));
    ids.filter(|id| is_request_id(id) && !is_secret(id)).map(|mut id| std::mem::take(&mut *id)).next()
}

/// Ids are UUIDs, whose ends the documents mask with asterisks; a gateway may have others.
fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The service said no, and why.
fn refused(error: ServiceError, answer: &Answer, request_id: Option<String>, secrets: &[&Secret]) -> Failure {
    let classified = classify(&error.code, answer.status);
    let message = error.message(secrets);
    let access_denied = error.access_denied(secrets);
    let reply = Reply {
        code: Some(error.code),
        help_url: error.help_url.filter(|url| cut_out(url, secrets.iter().copied()) == *url),
        full_message: error.full_message,
        access_denied,
        ..reply(answer, request_id)
    };
    Failure {
        kind: classified.kind,
        message,
        retryable: classified.retryable || reply.asks_to_wait,
        reason: Reason::Answered { known: classified.known },
        reply: Box::new(reply),
    }
}

/// An answer that holds no code the service documents: its status is all there is.
fn without_code(answer: &Answer, request_id: Option<String>) -> Failure {
    let status = answer.status;
    let (kind, retryable) = match status {
        300..=399 => {
            let message = format!("the answer is a redirect (HTTP {status}), and none is followed");
            return invalid(message, answer, request_id);
        }
        429 => (ErrorKind::Throttled, true),
        500..=599 => (ErrorKind::Service, true),
        _ => (ErrorKind::InvalidResponse, false),
    };
    let reply = Box::new(reply(answer, request_id));
    Failure {
        kind,
        message: format!("HTTP {status} without a readable error of the service"),
        retryable: retryable || reply.asks_to_wait,
        reason: Reason::Answered { known: true },
        reply,
    }
}

/// An answer that is none the service documents. The message is ours: the body may hold the device's secret.
fn invalid(message: String, answer: &Answer, request_id: Option<String>) -> Failure {
    Failure {
        kind: ErrorKind::InvalidResponse,
        message,
        retryable: false,
        reason: Reason::Answered { known: true },
        reply: Box::new(Reply { http_status: Some(answer.status), request_id, ..Reply::default() }),
    }
}

/// What the status line and the headers say.
fn reply(answer: &Answer, request_id: Option<String>) -> Reply {
    let date = answer.header(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    let asked = answer.header("x-acs-retry-after").and_then(milliseconds);
    let standard = answer.header(RETRY_AFTER.as_str()).and_then(|value| seconds_or_date(value, date));
    Reply {
        http_status: Some(answer.status),
        request_id,
        date,
        retry_after: asked.max(standard),
        asks_to_wait: asked.is_some(),
        ..Reply::default()
    }
}

/// The service's own header counts milliseconds; anything but a positive number is no wish.
fn milliseconds(value: &str) -> Option<Duration> {
    value.trim().parse().ok().filter(|ms| *ms > 0).map(Duration::from_millis)
}

/// `Retry-After` holds seconds, or a date, which counts from the answer's own `Date`.
fn seconds_or_date(value: &str, now: Option<SystemTime>) -> Option<Duration> {
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now?).ok(),
    }
}

#[cfg(test)]
mod tests;
