//! [`Error`] and [`ErrorKind`].

use std::fmt;
use std::time::Duration;

/// What the caller can do about an [`Error`].
///
/// The classification is deliberately coarse: a kind says what the caller should do, not what went
/// wrong. The cause is in [`code`](Error::code) and [`message`](Error::message).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum ErrorKind {
    /// Fix the input: an option or id is invalid. It was refused by this library before anything
    /// was sent, or by the service.
    InvalidParameter,
    /// Fix the AccessKey, its security token, or the clock.
    Authentication,
    /// Fix the RAM policy, the account or the region: this account has no access to this instance.
    PermissionDenied,
    /// Register the device first: it has no credential.
    NotFound,
    /// Fetch the credential instead: the device already has one.
    AlreadyExists,
    /// Slow down. The call was retried before this is returned.
    Throttled,
    /// Use another region, instance or endpoint: this one does not know the operation.
    Unsupported,
    /// Try later: the service failed, or returned a code that this version does not know.
    Service,
    /// Check the network: no response arrived in time.
    Timeout,
    /// Check the network: no connection could be made, or it ended before the complete response
    /// arrived.
    Transport,
    /// Report it: the response does not match the service's documentation.
    InvalidResponse,
    /// Report it: this library failed, or was called in a way that cannot work.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation's table.
    pub const ALL: &'static [ErrorKind] = &[
        ErrorKind::InvalidParameter,
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::Throttled,
        ErrorKind::Unsupported,
        ErrorKind::Service,
        ErrorKind::Timeout,
        ErrorKind::Transport,
        ErrorKind::InvalidResponse,
        ErrorKind::Internal,
    ];

    /// Returns the kind's name, the same in every language: `"NotFound"`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidParameter => "InvalidParameter",
            ErrorKind::Authentication => "Authentication",
            ErrorKind::PermissionDenied => "PermissionDenied",
            ErrorKind::NotFound => "NotFound",
            ErrorKind::AlreadyExists => "AlreadyExists",
            ErrorKind::Throttled => "Throttled",
            ErrorKind::Unsupported => "Unsupported",
            ErrorKind::Service => "Service",
            ErrorKind::Timeout => "Timeout",
            ErrorKind::Transport => "Transport",
            ErrorKind::InvalidResponse => "InvalidResponse",
            ErrorKind::Internal => "Internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a call failed, or why an option was refused.
///
/// `Display` and `Debug` return the same text: the line `KIND: message (Code, request id …)` and,
/// if there is [`advice`](Error::advice), a second line with it. Neither contains a secret, a URL
/// or any part of a response body but the service's message. [`source`](std::error::Error::source)
/// is always `None`.
///
/// With the feature `serde` it is `Serialize`: an object with the members `kind`, `code`,
/// `message`, `client_id`, `instance_id`, `http_status`, `request_id`, `retryable`,
/// `possibly_billed`, `retry_after_ms`, `attempts`, `help_url` and `advice`, of which those without
/// a value are `null`.
///
/// ```
/// # use devcred::{AccessKey, ErrorKind};
/// let error = AccessKey::new("LTAI-example", "secret with a space").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidParameter);
/// assert!(!error.to_string().contains("secret with"));
/// ```
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Error(Box<ErrorFields>);

/// Everything that an [`Error`] reports.
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) struct ErrorFields {
    pub kind: ErrorKind,
    pub code: Option<String>,
    pub message: String,
    pub client_id: Option<String>,
    pub instance_id: Option<String>,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    #[cfg_attr(feature = "serde", serde(rename = "retryable"))]
    pub is_retryable: bool,
    #[cfg_attr(feature = "serde", serde(rename = "possibly_billed"))]
    pub is_possibly_billed: bool,
    #[cfg_attr(feature = "serde", serde(rename = "retry_after_ms", serialize_with = "serialize_ms"))]
    pub retry_after: Option<Duration>,
    pub attempts: u32,
    pub help_url: Option<String>,
    pub advice: Option<String>,
}

impl Error {
    pub(crate) fn new(fields: ErrorFields) -> Self {
        Self(Box::new(fields))
    }

    /// Creates the error for invalid input that was refused before anything was sent.
    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::local(ErrorKind::InvalidParameter, message.into(), None)
    }

    pub(crate) fn internal(message: impl Into<String>, advice: Option<String>) -> Self {
        Self::local(ErrorKind::Internal, message.into(), advice)
    }

    fn local(kind: ErrorKind, message: String, advice: Option<String>) -> Self {
        Self::new(ErrorFields {
            kind,
            message,
            code: None,
            client_id: None,
            instance_id: None,
            http_status: None,
            request_id: None,
            help_url: None,
            is_retryable: false,
            is_possibly_billed: false,
            retry_after: None,
            attempts: 0,
            advice,
        })
    }

    /// Adds the ids of the call that failed.
    pub(crate) fn with_ids(mut self, client_id: Option<String>, instance_id: Option<String>) -> Self {
        (self.0.client_id, self.0.instance_id) = (client_id, instance_id);
        self
    }

    /// Returns what the caller should do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the service's code, verbatim, such as `DeviceCredentialNotFound`; `None` if there
    /// was no readable response.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns what happened, in one line. For a service error it is the service's message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the device of the call; `None` if the client id is invalid, or if an option of the
    /// client was refused.
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// Returns the instance of the call; `None` if a parameter of the call or an option of the
    /// client was refused.
    pub fn instance_id(&self) -> Option<&str> {
        self.0.instance_id.as_deref()
    }

    /// Returns the HTTP status; `None` if there was no response. Decide by the
    /// [`code`](Error::code): throttling, for example, has the status 400 or 500.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Returns the service's id of the request, which its support needs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether the same call may succeed if it is made again, even if it used all of its attempts.
    ///
    /// `false` for a registration that may have arrived, because a second one can replace the
    /// credential that the first one created: fetch the credential to find out.
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable
    }

    /// Whether an attempt of this call may have been billed: the service bills each success, and a
    /// request was sent whose response did not arrive completely, or reported a success that could
    /// not be read.
    pub fn is_possibly_billed(&self) -> bool {
        self.0.is_possibly_billed
    }

    /// Returns how long the service requested to wait before the next request
    /// (`x-acs-retry-after` or `Retry-After`), counted from the last response; `None` if it
    /// requested nothing.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the number of attempts; 0 if the call was refused before anything was sent. A
    /// request that is sent again because the server had closed a kept-alive connection counts as
    /// the same attempt.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the service's page about this error (its field `Recommend`), if it is an https URL
    /// on aliyun.com or alibabacloud.com.
    pub fn help_url(&self) -> Option<&str> {
        self.0.help_url.as_deref()
    }

    /// Returns one or two sentences on what to do, if known.
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ErrorFields { kind, message, code, request_id, advice, .. } = &*self.0;
        write!(f, "{kind}: {message}")?;
        match (code, request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request id {id})")?,
            (Some(code), None) => write!(f, " ({code})")?,
            (None, Some(id)) => write!(f, " (request id {id})")?,
            (None, None) => {}
        }
        advice.iter().try_for_each(|advice| write!(f, "\n{advice}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

#[cfg(feature = "serde")]
#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn serialize_ms<S: serde::Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::Serialize;
    duration.map(|duration| duration.as_millis() as u64).serialize(serializer)
}

#[cfg(test)]
mod tests;
