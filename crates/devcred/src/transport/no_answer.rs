//! Why no whole answer came. Nothing of a `reqwest::Error` is kept but stage and cause: its text holds the URL.

use std::time::Duration;

use super::Cause;
use crate::error::ErrorKind;
use crate::failure::{Failure, Reason};

/// How far an attempt had come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Connecting,
    /// The request may have arrived. What reqwest cannot tell apart counts as this.
    Answering,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NoAnswer {
    pub stage: Stage,
    pub cause: Cause,
}

/// What its message and its advice say about an attempt.
pub(crate) struct Attempt<'a> {
    pub host: &'a str,
    pub proxy: Option<&'a str>,
    pub number: u32,
    pub of: u32,
}

impl NoAnswer {
    /// `certificate_requested` says whether the server has asked for a client certificate.
    pub(super) fn of(error: &reqwest::Error, certificate_requested: bool) -> Self {
        let stage = if error.is_connect() { Stage::Connecting } else { Stage::Answering };
        match Cause::of(error, stage, certificate_requested) {
            // With TLS 1.3 this alert comes when the client takes the handshake for finished; no request was read.
            cause @ Cause::ClientCertificateRequired => Self { stage: Stage::Connecting, cause },
            cause => Self { stage, cause },
        }
    }

    /// A kept connection that breaks before there is an answer was closed before it was used, most likely.
    pub(super) fn on_kept_connection(self, is_kept: bool) -> Self {
        match self {
            Self { stage: Stage::Answering, cause: Cause::Reset | Cause::Closed } if is_kept => {
                Self { cause: Cause::KeptConnectionClosed, ..self }
            }
            _ => self,
        }
    }

    /// The time was up, and nobody knows how far the attempt had come.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self { stage: Stage::Answering, cause: Cause::TimedOut(limit) }
    }

    pub(crate) fn into_failure(self, attempt: &Attempt) -> Failure {
        Failure {
            kind: self.kind(),
            message: self.message(attempt),
            retryable: self.cause.is_retryable(),
            reason: Reason::NoAnswer(self),
            reply: Box::default(),
        }
    }

    fn kind(self) -> ErrorKind {
        match self.cause {
            Cause::TimedOut(_) => ErrorKind::Timeout,
            Cause::NotHttp => ErrorKind::InvalidResponse,
            Cause::NotSendable => ErrorKind::Internal,
            _ => ErrorKind::Transport,
        }
    }

    fn message(self, attempt: &Attempt) -> String {
        let Attempt { host, proxy, number, of } = attempt;
        let stage = match (self.stage, proxy) {
            (Stage::Connecting, Some(proxy)) => format!("connecting to {host} through the proxy {proxy}"),
            (Stage::Connecting, None) => format!("connecting to {host}"),
            (Stage::Answering, _) => format!("waiting for the answer of {host}"),
        };
        let what = match self.cause {
            Cause::TimedOut(limit) => format!("timed out after {:.1} s {stage}", limit.as_secs_f64()),
            cause => format!("{stage} failed: {}", cause.text()),
        };
        let billed = if self.stage == Stage::Answering { ", possibly billed" } else { "" };
        format!("{what} (attempt {number} of {}){billed}", number.max(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Attempt = Attempt { host: "HOST", proxy: None, number: 3, of: 3 };

    fn message(stage: Stage, cause: Cause, attempt: &Attempt) -> String {
        NoAnswer { stage, cause }.into_failure(attempt).message
    }

    #[test]
    fn a_message_names_stage_and_attempt() {
        assert_eq!(
            message(Stage::Answering, Cause::TimedOut(Duration::from_secs(15)), &ATTEMPT),
            "timed out after 15.0 s waiting for the answer of HOST (attempt 3 of 3), possibly billed"
        );
        assert_eq!(
            message(Stage::Connecting, Cause::Refused, &Attempt { number: 1, ..ATTEMPT }),
            "connecting to HOST failed: connection refused (attempt 1 of 3)"
        );
        assert_eq!(
            message(
                Stage::Connecting,
                Cause::ProxyAuthentication,
                &Attempt { proxy: Some("PROXY:3128"), number: 4, ..ATTEMPT }
            ),
            "connecting to HOST through the proxy PROXY:3128 failed: \
             the proxy asks for a user name and password (407) (attempt 4 of 4)"
        );
    }

    #[test]
    fn a_cause_decides_kind_and_retry() {
        let of = |cause| {
            let failure = NoAnswer { stage: Stage::Connecting, cause }.into_failure(&ATTEMPT);
            (failure.kind, failure.retryable)
        };
        assert_eq!(of(Cause::TimedOut(Duration::ZERO)), (ErrorKind::Timeout, true));
        for cause in [Cause::NotResolved, Cause::Refused, Cause::Unreachable, Cause::ConnectTimedOut, Cause::Reset] {
            assert_eq!(of(cause), (ErrorKind::Transport, true), "{cause:?}");
        }
        for cause in
            [Cause::Closed, Cause::KeptConnectionClosed, Cause::TlsBroken, Cause::ProxyUnwilling, Cause::Unknown]
        {
            assert_eq!(of(cause), (ErrorKind::Transport, true), "{cause:?}");
        }
        for cause in [
            Cause::UnknownIssuer,
            Cause::CertificateExpired,
            Cause::CertificateNotYetValid,
            Cause::CertificateForOther,
            Cause::CertificateOfAuthority,
            Cause::CertificateRefused,
            Cause::ClientCertificateRequired,
            Cause::NoCommonProtocol,
            Cause::NotTls,
            Cause::ProxyAuthentication,
        ] {
            assert_eq!(of(cause), (ErrorKind::Transport, false), "{cause:?}");
        }
        assert_eq!(of(Cause::NotHttp), (ErrorKind::InvalidResponse, false));
        assert_eq!(of(Cause::NotSendable), (ErrorKind::Internal, false));
    }
}
