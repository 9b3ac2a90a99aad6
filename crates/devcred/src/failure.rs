//! Why a call or one of its attempts failed, before it is decided whether to retry.

use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorFields, ErrorKind};
use crate::error_code::code_matches;
use crate::rate_limit::NoSlot;
use crate::retry::RetryState;
use crate::transport::NoConnection;
use crate::transport_error::{Cause, Phase, TransportError};

/// One failed attempt: the input to the retry decision and the advice, and the source of the public
/// `Error`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub is_retryable: bool,
    pub reason: Reason,
    pub details: Box<ErrorDetails>,
}

/// What the advice depends on, in addition to the service's code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    /// The service responded; `is_known` says whether the table contains its code.
    Answered { is_known: bool },
    /// No complete response came.
    NoResponse(TransportError),
    /// The rate limiter had no slot before the deadline.
    NoSlot,
    /// All connections were in use, or too many were being opened, until the deadline.
    NoConnection { are_all_open: bool },
    /// Refused by this library: invalid input, or an internal error.
    Local,
}

/// Metadata of the response, if there was one.
#[derive(Debug, Default)]
pub(crate) struct ErrorDetails {
    pub http_status: Option<u16>,
    pub code: Option<String>,
    pub request_id: Option<String>,
    pub help_url: Option<String>,
    /// The service's complete message, which for a refused signature contains the service's string
    /// to sign.
    pub full_message: Zeroizing<String>,
    /// Members of `AccessDeniedDetail`, if the service sent them.
    pub access_denied: Vec<(&'static str, String)>,
    /// The header `Date`.
    pub date: Option<SystemTime>,
    /// The minimum delay before the next attempt: `x-acs-retry-after` or `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The service requested that delay in its own header, which makes any error retryable.
    pub asks_to_wait: bool,
}

impl Failure {
    pub(crate) fn local(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), is_retryable: false, reason: Reason::Local, details: Box::default() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::local(ErrorKind::Internal, message)
    }

    /// The next slot of the rate limiter is after the deadline.
    pub(crate) fn no_slot(no_slot: NoSlot, requests_per_second: u32) -> Self {
        let limit = format!("this client is limited to {requests_per_second} requests a second");
        Self::not_sent(&limit, no_slot.waiting, Reason::NoSlot)
    }

    /// No connection was free before the deadline.
    pub(crate) fn no_connection(no_connection: NoConnection) -> Self {
        let NoConnection { max, are_all_open, waiting } = no_connection;
        let limit = if are_all_open {
            format!("all connections that this client may have are in use ({})", max.open)
        } else {
            format!("this client is opening as many connections as it may at a time ({})", max.connecting)
        };
        Self::not_sent(&limit, waiting, Reason::NoConnection { are_all_open })
    }

    /// The call ran into a limit of the client until its time was over. Nothing was sent, and a
    /// later call may have more luck.
    fn not_sent(limit: &str, waiting: usize, reason: Reason) -> Self {
        let waiting = if waiting == 1 { "1 call is".to_owned() } else { format!("{waiting} calls are") };
        let message = format!("not sent: {limit}, and {waiting} waiting");
        Self { is_retryable: true, reason, ..Self::local(ErrorKind::Timeout, message) }
    }

    /// An attempt to which no complete response came.
    pub(crate) fn no_response(error: TransportError, attempt: &AttemptInfo) -> Self {
        let kind = match error.cause {
            Cause::TimedOut(_) => ErrorKind::Timeout,
            Cause::NotHttp => ErrorKind::InvalidResponse,
            Cause::InvalidRequest => ErrorKind::Internal,
            _ => ErrorKind::Transport,
        };
        Self {
            is_retryable: error.cause.is_retryable(),
            reason: Reason::NoResponse(error),
            ..Self::local(kind, attempt.message(error))
        }
    }

    /// The error that the caller gets, without the ids of the call.
    pub(crate) fn into_error(self, state: &RetryState, advice: Option<String>) -> Error {
        let Self { kind, message, is_retryable, details, .. } = self;
        let ErrorDetails { http_status, code, request_id, help_url, retry_after, .. } = *details;
        Error::new(ErrorFields {
            kind,
            message,
            code,
            client_id: None,
            instance_id: None,
            http_status,
            request_id,
            help_url,
            is_retryable,
            is_possibly_billed: state.is_possibly_billed,
            retry_after,
            attempts: state.attempts,
            advice,
        })
    }

    /// Whether the service may have billed the attempt, as it bills each success. A readable error
    /// was no success.
    pub(crate) fn is_possibly_billed(&self) -> bool {
        match &self.reason {
            Reason::Answered { .. } => {
                self.kind == ErrorKind::InvalidResponse
                    && self.details.http_status.is_some_and(|status| (200..300).contains(&status))
            }
            Reason::NoResponse(error) => error.phase == Phase::AwaitingResponse && error.cause != Cause::InvalidRequest,
            Reason::NoSlot | Reason::NoConnection { .. } | Reason::Local => false,
        }
    }

    /// Whether the service may or may not have executed the operation: the request may have
    /// arrived, and no readable response says what became of it.
    ///
    /// A refusal before execution is known by its code or by a 4xx status. A status of 5xx alone
    /// proves nothing, and an unreadable 200 most likely reports a success. If the nonce was already
    /// used, a copy of the request arrived before, since every attempt has a new one.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        match &self.reason {
            Reason::Answered { .. } if self.has_code(&["SignatureNonceUsed"]) => true,
            Reason::Answered { .. } => {
                matches!(self.kind, ErrorKind::Service | ErrorKind::InvalidResponse)
                    && !self.details.http_status.is_some_and(|status| (300..500).contains(&status))
            }
            Reason::NoResponse(_) | Reason::NoSlot | Reason::NoConnection { .. } | Reason::Local => {
                self.is_possibly_billed()
            }
        }
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.kind == ErrorKind::Throttled || self.details.asks_to_wait
    }

    /// The service refused the time that was signed.
    pub(crate) fn is_clock(&self) -> bool {
        self.has_code(&["InvalidTimeStamp.*", "IllegalTimestamp", "MissingTimestamp"])
    }

    /// The service refused the security token.
    pub(crate) fn is_token(&self) -> bool {
        self.has_code(&["InvalidSecurityToken.*"])
    }

    pub(crate) fn has_code(&self, patterns: &[&str]) -> bool {
        let code = self.details.code.as_deref();
        code.is_some_and(|code| patterns.iter().any(|pattern| code_matches(pattern, code)))
    }
}

/// An attempt, as messages describe it.
pub(crate) struct AttemptInfo<'a> {
    pub host: &'a str,
    pub proxy: Option<&'a str>,
    pub number: u32,
    pub max_attempts: u32,
}

impl AttemptInfo<'_> {
    fn message(&self, error: TransportError) -> String {
        let Self { host, proxy, number, max_attempts } = self;
        let phase = match (error.phase, proxy) {
            (Phase::Connecting, Some(proxy)) => format!("connecting to {host} through the proxy {proxy}"),
            (Phase::Connecting, None) => format!("connecting to {host}"),
            (Phase::AwaitingResponse, _) => format!("waiting for the response from {host}"),
        };
        let what = match error.cause {
            Cause::TimedOut(limit) => format!("timed out after {:.1} s {phase}", limit.as_secs_f64()),
            cause => format!("{phase} failed: {}", cause.text()),
        };
        let billed = if error.phase == Phase::AwaitingResponse { ", possibly billed" } else { "" };
        format!("{what} (attempt {number} of {}){billed}", number.max(max_attempts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: AttemptInfo = AttemptInfo { host: "HOST", proxy: None, number: 3, max_attempts: 3 };

    fn message(phase: Phase, cause: Cause, attempt: &AttemptInfo) -> String {
        Failure::no_response(TransportError { phase, cause }, attempt).message
    }

    #[test]
    fn a_message_names_phase_and_attempt() {
        assert_eq!(
            message(Phase::AwaitingResponse, Cause::TimedOut(Duration::from_secs(15)), &ATTEMPT),
            "timed out after 15.0 s waiting for the response from HOST (attempt 3 of 3), possibly billed"
        );
        assert_eq!(
            message(Phase::Connecting, Cause::Refused, &AttemptInfo { number: 1, ..ATTEMPT }),
            "connecting to HOST failed: connection refused (attempt 1 of 3)"
        );
        assert_eq!(
            message(
                Phase::Connecting,
                Cause::ProxyAuthentication,
                &AttemptInfo { proxy: Some("PROXY:3128"), number: 4, ..ATTEMPT }
            ),
            "connecting to HOST through the proxy PROXY:3128 failed: \
             the proxy requires a user name and password (407) (attempt 4 of 4)"
        );
    }

    #[test]
    fn an_outcome_is_unknown_unless_the_service_refused_or_nothing_was_sent() {
        let answered = |kind, status| Failure {
            reason: Reason::Answered { is_known: true },
            details: Box::new(ErrorDetails { http_status: Some(status), ..ErrorDetails::default() }),
            ..Failure::local(kind, "")
        };
        for (kind, status, is_unknown) in [
            (ErrorKind::Service, 500, true),
            (ErrorKind::Service, 200, true),
            (ErrorKind::Service, 499, false),
            (ErrorKind::InvalidResponse, 200, true),
            (ErrorKind::InvalidResponse, 299, true),
            (ErrorKind::InvalidResponse, 300, false),
            (ErrorKind::InvalidResponse, 500, true),
            (ErrorKind::Throttled, 500, false),
            (ErrorKind::AlreadyExists, 400, false),
        ] {
            assert_eq!(answered(kind, status).is_outcome_unknown(), is_unknown, "{kind} with {status}");
        }
        let mut nonce_used = answered(ErrorKind::Authentication, 400);
        assert!(!nonce_used.is_outcome_unknown());
        nonce_used.details.code = Some("SignatureNonceUsed".to_owned());
        assert!(nonce_used.is_outcome_unknown());
        for (phase, cause, is_unknown) in [
            (Phase::AwaitingResponse, Cause::Reset, true),
            (Phase::AwaitingResponse, Cause::TimedOut(Duration::ZERO), true),
            (Phase::AwaitingResponse, Cause::NotHttp, true),
            (Phase::AwaitingResponse, Cause::InvalidRequest, false),
            (Phase::Connecting, Cause::Reset, false),
        ] {
            let failure = Failure::no_response(TransportError { phase, cause }, &ATTEMPT);
            assert_eq!(failure.is_outcome_unknown(), is_unknown, "{cause:?} while {phase:?}");
        }
        let no_slot = Failure::no_slot(NoSlot { waiting: 0 }, 50);
        assert!(!no_slot.is_outcome_unknown() && !Failure::internal("").is_outcome_unknown());
    }

    #[test]
    fn a_cause_decides_kind_and_retry() {
        let of = |cause| {
            let failure = Failure::no_response(TransportError { phase: Phase::Connecting, cause }, &ATTEMPT);
            (failure.kind, failure.is_retryable)
        };
        assert_eq!(of(Cause::TimedOut(Duration::ZERO)), (ErrorKind::Timeout, true));
        for cause in [Cause::NotResolved, Cause::Refused, Cause::Unreachable, Cause::ConnectTimedOut, Cause::Reset] {
            assert_eq!(of(cause), (ErrorKind::Transport, true), "{cause:?}");
        }
        for cause in [Cause::Closed, Cause::KeptConnectionClosed, Cause::TlsBroken, Cause::ProxyRefused, Cause::Unknown]
        {
            assert_eq!(of(cause), (ErrorKind::Transport, true), "{cause:?}");
        }
        for cause in [
            Cause::UnknownIssuer,
            Cause::CertificateExpired,
            Cause::CertificateNotYetValid,
            Cause::CertificateNameMismatch,
            Cause::CertificateIsCa,
            Cause::CertificateRefused,
            Cause::ClientCertificateRequired,
            Cause::NoCommonProtocol,
            Cause::NotTls,
            Cause::ProxyAuthentication,
        ] {
            assert_eq!(of(cause), (ErrorKind::Transport, false), "{cause:?}");
        }
        assert_eq!(of(Cause::NotHttp), (ErrorKind::InvalidResponse, false));
        assert_eq!(of(Cause::InvalidRequest), (ErrorKind::Internal, false));
    }
}
