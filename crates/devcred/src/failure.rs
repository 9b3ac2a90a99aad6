//! Why a call or one of its attempts failed, before it is known whether it is given up.

use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::error::{ErrorKind, row};
use crate::transport::NoAnswer;

/// All that is known of a failure: what the retry and the advice are chosen by, and what the caller's error is made of.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub retryable: bool,
    pub reason: Reason,
    pub reply: Box<Reply>,
}

/// What the advice is chosen by, beside the service's code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    /// The service answered; `known` says whether the table of codes holds the one it gave.
    Answered { known: bool },
    /// No whole answer came.
    NoAnswer(NoAnswer),
    /// The rate limiter had no slot that was early enough.
    NoSlot,
    /// Refused on this side: bad input, or a fault of this library.
    Local,
}

/// What an answer said beside its result, as far as there was one.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub http_status: Option<u16>,
    pub code: Option<String>,
    pub request_id: Option<String>,
    pub help_url: Option<String>,
    /// The service's whole message, which for a refused signature holds its side of the computation.
    pub full_message: Zeroizing<String>,
    /// Members of `AccessDeniedDetail`, where the service sent them.
    pub access_denied: Vec<(&'static str, String)>,
    /// The header `Date`.
    pub date: Option<SystemTime>,
    /// The least time to wait before the next attempt: `x-acs-retry-after` or `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The service asked for that wait in its own header, which makes any error one that may be sent again.
    pub asks_to_wait: bool,
}

impl Failure {
    pub(crate) fn local(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retryable: false, reason: Reason::Local, reply: Box::default() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::local(ErrorKind::Internal, message)
    }

    /// The next slot of the rate limiter would come too late: nothing was sent, and the next call may find a free one.
    pub(crate) fn no_slot(message: impl Into<String>) -> Self {
        Self { retryable: true, reason: Reason::NoSlot, ..Self::local(ErrorKind::Timeout, message) }
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.kind == ErrorKind::Throttled || self.reply.asks_to_wait
    }

    /// The service refused the time that was signed.
    pub(crate) fn is_clock(&self) -> bool {
        self.has_code(&["InvalidTimeStamp.*", "IllegalTimestamp", "MissingTimestamp"])
    }

    /// The service refused the security token.
    pub(crate) fn is_token(&self) -> bool {
        self.has_code(&["InvalidSecurityToken.*"])
    }

    pub(crate) fn has_code(&self, patterns: &[&'static str]) -> bool {
        let code = self.reply.code.as_deref();
        code.is_some_and(|code| patterns.iter().any(|pattern| row(pattern, self.kind).matches(code)))
    }
}
