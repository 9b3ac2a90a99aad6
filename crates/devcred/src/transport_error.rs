//! Why no complete response came. Only phase and cause are kept of a `reqwest::Error`: its text
//! contains the URL.

mod cause;

use std::time::Duration;

pub(crate) use cause::{Cause, Shortage};

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    Connecting,
    /// The request may have arrived. Anything that reqwest cannot distinguish counts as this.
    AwaitingResponse,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TransportError {
    pub phase: Phase,
    pub cause: Cause,
}

impl TransportError {
    /// `certificate_requested`: whether the server requested a client certificate.
    pub(crate) fn from_reqwest(error: &reqwest::Error, certificate_requested: bool) -> Self {
        let phase = if error.is_connect() { Phase::Connecting } else { Phase::AwaitingResponse };
        match Cause::from_reqwest(error, phase, certificate_requested) {
            // With TLS 1.3 this alert arrives after the handshake from the client's point of view,
            // but no request was read.
            cause @ Cause::ClientCertificateRequired => Self { phase: Phase::Connecting, cause },
            cause => Self { phase, cause },
        }
    }

    /// A kept connection that breaks before the response was most likely closed before it was used.
    pub(crate) fn on_kept_connection(self, is_kept: bool) -> Self {
        match self {
            Self { phase: Phase::AwaitingResponse, cause: Cause::Reset | Cause::Closed } if is_kept => {
                Self { cause: Cause::KeptConnectionClosed, ..self }
            }
            _ => self,
        }
    }

    /// The time limit passed; how far the attempt got is unknown.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self { phase: Phase::AwaitingResponse, cause: Cause::TimedOut(limit) }
    }
}
