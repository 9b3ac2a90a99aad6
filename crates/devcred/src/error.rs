//! [`Error`] and [`ErrorKind`].

use std::fmt;

/// What the caller can do about an [`Error`].
///
/// The classification is coarse on purpose: a kind stands for a move of the caller, not for a cause. The cause is in
/// [`code`](Error::code) and [`message`](Error::message).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Fix the input: an option or an id was refused, by this library before anything was sent or by the service.
    InvalidParameter,
    /// Fix the AccessKey, its security token, or the clock.
    Authentication,
    /// Fix the RAM policy, the account or the region: this account may not ask for this instance.
    PermissionDenied,
    /// Register the device first: it has no credential.
    NotFound,
    /// Slow down. Retried before it is returned.
    Throttled,
    /// Use another region, instance or endpoint: this one does not know the operation.
    Unsupported,
    /// Try later: the service failed, or answered with a code that this version does not know.
    Service,
    /// Look at the network: an answer did not come in time.
    Timeout,
    /// Look at the network: no connection, or one that broke before the whole answer had come.
    Transport,
    /// Report it: the answer is none that the service documents.
    InvalidResponse,
    /// Report it: this library, or the way it is called, is at fault.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation's table.
    pub const ALL: &'static [ErrorKind] = &[
        ErrorKind::InvalidParameter,
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::Throttled,
        ErrorKind::Unsupported,
        ErrorKind::Service,
        ErrorKind::Timeout,
        ErrorKind::Transport,
        ErrorKind::InvalidResponse,
        ErrorKind::Internal,
    ];

    /// The kind's name, the same in every language: `"NotFound"`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidParameter => "InvalidParameter",
            ErrorKind::Authentication => "Authentication",
            ErrorKind::PermissionDenied => "PermissionDenied",
            ErrorKind::NotFound => "NotFound",
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

/// Why a call failed: one type for every failure, local ones included.
///
/// `Display` and `Debug` give the same text: one line `KIND: message (Code, request id …)` and, where there is something to
/// do, a second line that says what. Neither holds a secret, a URL or a part of an answer's body other than the service's
/// own message, and [`source`](std::error::Error::source) is always `None`, so nothing else travels along.
///
/// ```
/// # use devcred::{AccessKey, ErrorKind};
/// let error = AccessKey::new("LTAI-example", "secret with a space").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidParameter);
/// assert!(!error.to_string().contains("secret with"));
/// ```
pub struct Error(Box<ErrorFields>);

/// Everything that an [`Error`] reports.
pub(crate) struct ErrorFields {
    pub kind: ErrorKind,
    pub message: String,
    pub code: Option<String>,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    pub help_url: Option<String>,
    pub is_retryable: bool,
    pub attempts: u32,
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
            http_status: None,
            request_id: None,
            help_url: None,
            is_retryable: false,
            attempts: 0,
            advice,
        })
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The service's code, verbatim, such as `DeviceCredentialNotFound`; `None` where no readable answer came.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What happened, in one line. For a service error it is the service's own message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer; `None` where none came. The [`code`](Error::code) is what counts: throttling comes
    /// as 400 and as 500.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The service's id of the request, which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether the same call may succeed if it is made again. It does not say whether attempts were left.
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable
    }

    /// How many attempts were made; 0 if the call was refused before anything was sent. A request that is sent again because
    /// the server had closed a kept connection belongs to the same attempt.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The service's page on this error (its field `Recommend`), if it is an https address on aliyun.com or
    /// alibabacloud.com.
    pub fn help_url(&self) -> Option<&str> {
        self.0.help_url.as_deref()
    }

    /// One or two sentences on what to do now, where there is something to say.
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

#[cfg(test)]
mod tests;
