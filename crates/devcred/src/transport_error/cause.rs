//! What broke an attempt, read from the errors of the HTTP library, TLS and the system.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, Error as TlsError, InvalidMessage, OtherError};

use super::Phase;
use crate::resolver::ResolveError;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cause {
    /// The time limit of the attempt, or what was left of the call's.
    TimedOut(Duration),
    NotResolved,
    Refused,
    Unreachable,
    ConnectTimedOut,
    Reset,
    Closed,
    /// Reset or closed before a response, on a connection that had been used before.
    KeptConnectionClosed,
    /// The system is out of something that a connection needs.
    System(Shortage),
    UnknownIssuer,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateNameMismatch,
    CertificateIsCa,
    CertificateRefused,
    ClientCertificateRequired,
    NoCommonProtocol,
    NotTls,
    /// The server ended the TLS connection with this alert.
    Alert(AlertDescription),
    /// The server violated the TLS protocol, or a record was changed in transit.
    TlsBroken,
    ProxyAuthentication,
    ProxyRefused,
    NotHttp,
    InvalidRequest,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shortage {
    Descriptors,
    Ports,
    Memory,
    Permission,
    /// For the look-up of a name.
    Threads,
}

impl Cause {
    /// Returns the first specific cause in the source chain. A refused certificate and a proxy's
    /// 407 are connect errors too, so the chain is read before the phase.
    pub(super) fn from_reqwest(error: &reqwest::Error, phase: Phase, certificate_requested: bool) -> Self {
        if error.is_builder() {
            return Cause::InvalidRequest;
        }
        if let Some(cause) = source_chain(error).find_map(|link| classify(link, phase, certificate_requested)) {
            return cause;
        }
        match phase {
            Phase::Connecting if error.is_dns() => Cause::NotResolved,
            Phase::Connecting if error.is_timeout() => Cause::ConnectTimedOut,
            Phase::Connecting => Cause::Unknown,
            Phase::AwaitingResponse if source_chain(error).any(is_invalid_chunk) => Cause::NotHttp,
            Phase::AwaitingResponse => Cause::Closed,
        }
    }

    /// Certificates, protocols and proxy passwords do not change between attempts.
    pub(crate) fn is_retryable(self) -> bool {
        !matches!(
            self,
            Cause::UnknownIssuer
                | Cause::CertificateExpired
                | Cause::CertificateNotYetValid
                | Cause::CertificateNameMismatch
                | Cause::CertificateIsCa
                | Cause::CertificateRefused
                | Cause::ClientCertificateRequired
                | Cause::NoCommonProtocol
                | Cause::NotTls
                | Cause::ProxyAuthentication
                | Cause::NotHttp
                | Cause::InvalidRequest
        )
    }

    pub(crate) fn text(self) -> Cow<'static, str> {
        let text = match self {
            Cause::TimedOut(_) => "timed out",
            Cause::NotResolved => "the name could not be resolved",
            Cause::Refused => "connection refused",
            Cause::Unreachable => "network or host unreachable",
            Cause::ConnectTimedOut => "no connection within the connect timeout",
            Cause::Reset => "connection reset",
            Cause::Closed => "connection closed before the complete response arrived",
            Cause::KeptConnectionClosed => "the server closed a kept-alive connection",
            Cause::System(Shortage::Descriptors) => "out of file descriptors (EMFILE or ENFILE)",
            Cause::System(Shortage::Ports) => "out of local ports (EADDRNOTAVAIL)",
            Cause::System(Shortage::Memory) => "out of memory for a connection (ENOBUFS or ENOMEM)",
            Cause::System(Shortage::Permission) => "the system does not permit the connection (EACCES or EPERM)",
            Cause::System(Shortage::Threads) => "the name could not be resolved: cannot start a thread",
            Cause::UnknownIssuer => "the certificate's issuer is unknown",
            Cause::CertificateExpired => "the certificate has expired",
            Cause::CertificateNotYetValid => "the certificate is not valid yet",
            Cause::CertificateNameMismatch => "the certificate does not match the host name",
            Cause::CertificateIsCa => "the certificate is a CA certificate (CA:TRUE), not a server certificate",
            Cause::CertificateRefused => "the certificate was refused",
            Cause::ClientCertificateRequired => {
                "the server requires a client certificate, which devcred does not support"
            }
            Cause::NoCommonProtocol => "no common TLS protocol",
            Cause::NotTls => "the server does not speak TLS on this port",
            Cause::Alert(alert) => return format!("the server sent the TLS alert {alert:?}").into(),
            Cause::TlsBroken => "the TLS connection was corrupted",
            Cause::ProxyAuthentication => "the proxy requires a user name and password (407)",
            Cause::ProxyRefused => "the proxy refused the CONNECT request",
            Cause::NotHttp => "the response is not valid HTTP/1.1",
            Cause::InvalidRequest => "the request could not be built",
            Cause::Unknown => "the connection was interrupted",
        };
        text.into()
    }
}

type Link<'a> = &'a (dyn StdError + 'static);

fn source_chain(error: &reqwest::Error) -> impl Iterator<Item = Link<'_>> {
    std::iter::successors(error.source(), |link| inner_error(*link))
}

/// An `io::Error` hides the one it wraps from `source()`, and TLS errors are wrapped twice.
fn inner_error(link: Link<'_>) -> Option<Link<'_>> {
    match link.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => link.source(),
    }
}

fn classify(link: Link<'_>, phase: Phase, certificate_requested: bool) -> Option<Cause> {
    if let Some(tls) = link.downcast_ref::<TlsError>() {
        return Some(from_tls(tls, phase, certificate_requested));
    }
    if let Some(http) = link.downcast_ref::<hyper::Error>() {
        return http.is_parse().then_some(Cause::NotHttp);
    }
    if let Some(io) = link.downcast_ref::<io::Error>() {
        return io.raw_os_error().and_then(from_errno).or_else(|| from_io(io.kind()));
    }
    if let Some(ResolveError::NoThread) = link.downcast_ref::<ResolveError>() {
        return Some(Cause::System(Shortage::Threads));
    }
    // The result of CONNECT is available as text only; the end-to-end tests fail if it changes.
    match link.to_string().as_str() {
        "tunnel error: proxy authorization required" => Some(Cause::ProxyAuthentication),
        "tunnel error: unsuccessful" => Some(Cause::ProxyRefused),
        _ => None,
    }
}

fn from_tls(error: &TlsError, phase: Phase, certificate_requested: bool) -> Cause {
    match error {
        TlsError::InvalidCertificate(certificate) => from_certificate(certificate),
        TlsError::NoCertificatesPresented => Cause::CertificateRefused,
        TlsError::AlertReceived(AlertDescription::CertificateRequired) => Cause::ClientCertificateRequired,
        TlsError::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::BadCertificate)
            if certificate_requested =>
        {
            Cause::ClientCertificateRequired
        }
        TlsError::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        )
        | TlsError::PeerIncompatible(_) => Cause::NoCommonProtocol,
        TlsError::AlertReceived(alert) => Cause::Alert(*alert),
        // The first bytes of another protocol, such as HTTP, are not a TLS record.
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion)
            if phase == Phase::Connecting =>
        {
            Cause::NotTls
        }
        _ => Cause::TlsBroken,
    }
}

fn from_certificate(error: &CertificateError) -> Cause {
    match error {
        CertificateError::UnknownIssuer => Cause::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Cause::CertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Cause::CertificateNotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Cause::CertificateNameMismatch
        }
        // The verifier's error is available as text only; the end-to-end tests fail if it changes.
        CertificateError::Other(OtherError(other)) if other.to_string() == "CaUsedAsEndEntity" => {
            Cause::CertificateIsCa
        }
        _ => Cause::CertificateRefused,
    }
}

fn from_io(kind: io::ErrorKind) -> Option<Cause> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(Cause::Reset)
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some(Cause::Unreachable)
        }
        io::ErrorKind::UnexpectedEof => Some(Cause::Closed),
        io::ErrorKind::AddrNotAvailable => Some(Cause::System(Shortage::Ports)),
        io::ErrorKind::PermissionDenied => Some(Cause::System(Shortage::Permission)),
        io::ErrorKind::OutOfMemory => Some(Cause::System(Shortage::Memory)),
        _ => None,
    }
}

/// Error numbers that have no `io::ErrorKind`: out of descriptors, and out of buffers.
#[cfg(unix)]
const OUT_OF_DESCRIPTORS: [i32; 2] = [libc::EMFILE, libc::ENFILE];
#[cfg(unix)]
const OUT_OF_BUFFERS: i32 = libc::ENOBUFS;

/// On Windows: WSAEMFILE and WSAENOBUFS.
#[cfg(not(unix))]
const OUT_OF_DESCRIPTORS: [i32; 1] = [10024];
#[cfg(not(unix))]
const OUT_OF_BUFFERS: i32 = 10055;

fn from_errno(number: i32) -> Option<Cause> {
    match number {
        OUT_OF_BUFFERS => Some(Cause::System(Shortage::Memory)),
        number => OUT_OF_DESCRIPTORS.contains(&number).then_some(Cause::System(Shortage::Descriptors)),
    }
}

/// The HTTP library reports a chunk that is not one as an error of input and output.
fn is_invalid_chunk(link: Link<'_>) -> bool {
    let kind = link.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_shortage_of_the_system_is_named() {
        #[cfg(unix)]
        let numbers = [
            (libc::EMFILE, Shortage::Descriptors),
            (libc::ENFILE, Shortage::Descriptors),
            (libc::EADDRNOTAVAIL, Shortage::Ports),
            (libc::EACCES, Shortage::Permission),
            (libc::EPERM, Shortage::Permission),
            (libc::ENOMEM, Shortage::Memory),
            (libc::ENOBUFS, Shortage::Memory),
        ];
        #[cfg(not(unix))]
        let numbers = [(10024, Shortage::Descriptors), (10049, Shortage::Ports), (10055, Shortage::Memory)];
        for (number, shortage) in numbers {
            let error = io::Error::from_raw_os_error(number);
            let cause = classify(&error, Phase::Connecting, false).unwrap();
            assert_eq!(cause, Cause::System(shortage), "{error}");
            assert!(cause.is_retryable() && cause != Cause::Unknown);
            // While a name was looked up.
            let look_up = ResolveError::Failed(Arc::new(error));
            assert_eq!(classify(&look_up, Phase::Connecting, false), None);
            assert_eq!(classify(inner_error(&look_up).unwrap(), Phase::Connecting, false), Some(cause));
        }
    }

    #[test]
    fn a_tls_error_is_told_by_its_own_name() {
        use AlertDescription::{BadRecordMac, CertificateRequired, HandshakeFailure, InternalError};
        let incompatible = rustls::PeerIncompatible::NoCipherSuitesInCommon;
        for (error, phase, cause) in [
            (TlsError::AlertReceived(InternalError), Phase::Connecting, Cause::Alert(InternalError)),
            (TlsError::AlertReceived(BadRecordMac), Phase::AwaitingResponse, Cause::Alert(BadRecordMac)),
            (TlsError::AlertReceived(HandshakeFailure), Phase::Connecting, Cause::NoCommonProtocol),
            (TlsError::AlertReceived(CertificateRequired), Phase::AwaitingResponse, Cause::ClientCertificateRequired),
            (TlsError::PeerIncompatible(incompatible), Phase::Connecting, Cause::NoCommonProtocol),
            (TlsError::DecryptError, Phase::AwaitingResponse, Cause::TlsBroken),
            (TlsError::PeerSentOversizedRecord, Phase::Connecting, Cause::TlsBroken),
            (TlsError::InvalidMessage(InvalidMessage::InvalidContentType), Phase::Connecting, Cause::NotTls),
            (TlsError::InvalidMessage(InvalidMessage::InvalidContentType), Phase::AwaitingResponse, Cause::TlsBroken),
            (TlsError::InvalidMessage(InvalidMessage::MessageTooShort), Phase::Connecting, Cause::TlsBroken),
        ] {
            assert_eq!(from_tls(&error, phase, false), cause, "{error}");
        }
        let handshake_failure = TlsError::AlertReceived(HandshakeFailure);
        assert_eq!(from_tls(&handshake_failure, Phase::Connecting, true), Cause::ClientCertificateRequired);
        assert_eq!(Cause::Alert(InternalError).text(), "the server sent the TLS alert InternalError");
    }

    #[test]
    fn a_broken_connection_is_named_by_its_kind() {
        use io::ErrorKind;
        for (kind, cause) in [
            (ErrorKind::ConnectionRefused, Some(Cause::Refused)),
            (ErrorKind::ConnectionReset, Some(Cause::Reset)),
            (ErrorKind::ConnectionAborted, Some(Cause::Reset)),
            (ErrorKind::BrokenPipe, Some(Cause::Reset)),
            (ErrorKind::HostUnreachable, Some(Cause::Unreachable)),
            (ErrorKind::NetworkUnreachable, Some(Cause::Unreachable)),
            (ErrorKind::NetworkDown, Some(Cause::Unreachable)),
            (ErrorKind::UnexpectedEof, Some(Cause::Closed)),
            (ErrorKind::TimedOut, None),
            (ErrorKind::InvalidData, None),
        ] {
            assert_eq!(classify(&io::Error::from(kind), Phase::AwaitingResponse, false), cause, "{kind}");
        }
        assert_eq!(classify(&io::Error::from_raw_os_error(0), Phase::AwaitingResponse, false), None);
    }

    #[test]
    fn a_refused_certificate_is_named_by_its_fault() {
        for (error, cause) in [
            (CertificateError::UnknownIssuer, Cause::UnknownIssuer),
            (CertificateError::Expired, Cause::CertificateExpired),
            (CertificateError::NotValidYet, Cause::CertificateNotYetValid),
            (CertificateError::NotValidForName, Cause::CertificateNameMismatch),
            (CertificateError::Revoked, Cause::CertificateRefused),
            (CertificateError::Other(OtherError(Arc::new(io::Error::other("other")))), Cause::CertificateRefused),
        ] {
            assert_eq!(from_tls(&TlsError::InvalidCertificate(error), Phase::Connecting, false), cause);
        }
        let none = from_tls(&TlsError::NoCertificatesPresented, Phase::Connecting, false);
        assert_eq!(none, Cause::CertificateRefused);
    }

    #[test]
    fn what_a_proxy_answered_to_connect_is_read_from_its_text() {
        for (text, cause) in [
            ("tunnel error: proxy authorization required", Some(Cause::ProxyAuthentication)),
            ("tunnel error: unsuccessful", Some(Cause::ProxyRefused)),
            ("tunnel error: other", None),
        ] {
            let error: Box<dyn StdError> = text.into();
            assert_eq!(classify(&*error, Phase::Connecting, false), cause, "{text}");
        }
    }
}
