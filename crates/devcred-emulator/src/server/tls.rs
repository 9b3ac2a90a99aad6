//! TLS with certificates that are created at start, and other ways for a connection to begin.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::signature::encoding::hex;
use crate::start_error::StartError;
use crate::sync::lock;

/// A name that never resolves, for clients that reach the emulator through its proxy.
pub(crate) const SERVICE_NAME: &str = "service.test";

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// How a connection begins, for [`Builder::tls`](crate::Builder::tls) and
/// [`Builder::connections`](crate::Builder::connections).
///
/// Certificates are signed by [`Emulator::authority_pem`](crate::Emulator::authority_pem) unless
/// the variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// TLS with a certificate for `localhost`, `127.0.0.1`, `::1` and `service.test`.
    Valid,
    /// Like `Valid`, with TLS 1.2 only.
    OnlyTls12,
    /// Like `Valid`, with TLS 1.3 only.
    OnlyTls13,
    /// Like `Valid`, but the client must present a certificate of the same authority. The emulator
    /// issues none, so no client can.
    ClientCertificate,
    /// A certificate for another host.
    WrongHost,
    /// A certificate of an authority other than
    /// [`Emulator::authority_pem`](crate::Emulator::authority_pem), which is then unused.
    UnknownAuthority,
    /// A self-signed certificate as `openssl req -x509` creates it: marked as an authority
    /// (`CA:TRUE`).
    SelfSigned,
    /// A certificate that expired long ago.
    Expired,
    /// A certificate that is valid only from the year 2100.
    NotYetValid,
    /// Responds to the client's first bytes with a fatal alert that has this description of RFC
    /// 8446, section 6.
    ///
    /// For example, 80 is `internal_error`, as from a load balancer that restarts; 70 is
    /// `protocol_version`, as from a server limited to TLS 1.1; 40 is `handshake_failure`, as from
    /// a server without a common cipher suite.
    Alert(u8),
    /// Closes the connection after the client's first bytes have arrived.
    Close,
    /// Resets the connection after the client's first bytes have arrived, without reading them.
    Reset,
    /// Accepts connections but never sends a byte.
    Silent,
}

/// How a connection is served.
pub(crate) enum Protocol {
    Plain,
    Tls(TlsAcceptor),
    Alert(u8),
    Close,
    Reset,
    Silent,
}

/// How the first connections are served, and how all others are.
pub(crate) struct Protocols {
    first: Mutex<VecDeque<Arc<Protocol>>>,
    others: Arc<Protocol>,
}

impl Protocols {
    pub(crate) fn next(&self) -> Arc<Protocol> {
        lock(&self.first).pop_front().unwrap_or_else(|| Arc::clone(&self.others))
    }

    /// Also returns the authority to trust, as PEM, if the other connections use TLS.
    pub(crate) fn new(first: &[Tls], others: Option<Tls>) -> Result<(Self, Option<String>), StartError> {
        Self::try_new(first, others).map_err(|error| StartError::Certificate(error.to_string()))
    }

    fn try_new(first: &[Tls], others: Option<Tls>) -> Fallible<(Self, Option<String>)> {
        if first.is_empty() && others.is_none() {
            return Ok((Self { first: Mutex::default(), others: Arc::new(Protocol::Plain) }, None));
        }
        let authority = Authority::new()?;
        let protocol = |tls: Tls| tls.protocol(&authority).map(Arc::new);
        let first = first.iter().map(|tls| protocol(*tls)).collect::<Fallible<_>>()?;
        let protocols =
            Self { first: Mutex::new(first), others: others.map_or(Ok(Arc::new(Protocol::Plain)), protocol)? };
        Ok((protocols, others.map(|_| authority.certificate.pem())))
    }
}

impl Tls {
    fn protocol(self, authority: &Authority) -> Fallible<Protocol> {
        const YEARS: (i32, i32) = (2020, 2100);
        let valid = || authority.issue(&VALID_NAMES, YEARS);
        let anyone = || Arc::new(NoClientAuth);
        let config = match self {
            Self::Valid => valid()?.config(DEFAULT_VERSIONS, anyone()),
            Self::OnlyTls12 => valid()?.config(&[&TLS12], anyone()),
            Self::OnlyTls13 => valid()?.config(&[&TLS13], anyone()),
            Self::ClientCertificate => valid()?.config(DEFAULT_VERSIONS, authority.verifier()?),
            Self::WrongHost => authority.issue(&["other.test"], YEARS)?.config(DEFAULT_VERSIONS, anyone()),
            Self::UnknownAuthority => Authority::new()?.issue(&VALID_NAMES, YEARS)?.config(DEFAULT_VERSIONS, anyone()),
            Self::SelfSigned => Identity::self_signed(&VALID_NAMES, YEARS)?.config(DEFAULT_VERSIONS, anyone()),
            Self::Expired => authority.issue(&VALID_NAMES, (2001, 2002))?.config(DEFAULT_VERSIONS, anyone()),
            Self::NotYetValid => authority.issue(&VALID_NAMES, (2100, 2101))?.config(DEFAULT_VERSIONS, anyone()),
            Self::Alert(description) => return Ok(Protocol::Alert(description)),
            Self::Close => return Ok(Protocol::Close),
            Self::Reset => return Ok(Protocol::Reset),
            Self::Silent => return Ok(Protocol::Silent),
        };
        Ok(Protocol::Tls(TlsAcceptor::from(Arc::new(config?))))
    }
}

const VALID_NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", SERVICE_NAME];

struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Fallible<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        // A unique name, so that a client that trusts another emulator's authority reports an
        // unknown issuer, not a bad signature.
        let fingerprint: String = hex(&Sha256::digest(key.public_key_raw())).chars().take(16).collect();
        params.distinguished_name.push(DnType::CommonName, format!("devcred emulator {fingerprint}, for tests only"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { certificate: params.self_signed(&key)?, issuer: Issuer::new(params, key) })
    }

    /// Issues a certificate that is valid from January 1 of one year to January 1 of another.
    fn issue(&self, names: &[&str], years: (i32, i32)) -> Fallible<Identity> {
        let mut leaf = leaf(names, years)?;
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok(Identity { certificate: leaf.signed_by(&key, &self.issuer)?, key })
    }

    /// Requires a client certificate that this authority signed.
    fn verifier(&self) -> Fallible<Arc<dyn ClientCertVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone())?;
        let provider = Arc::new(ring::default_provider());
        Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?)
    }
}

fn leaf(names: &[&str], (from, to): (i32, i32)) -> Fallible<CertificateParams> {
    let mut leaf = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    leaf.distinguished_name.push(DnType::CommonName, "devcred emulator");
    (leaf.not_before, leaf.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(leaf)
}

/// A certificate and its key.
struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

impl Identity {
    fn self_signed(names: &[&str], years: (i32, i32)) -> Fallible<Self> {
        let mut params = leaf(names, years)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        Ok(Self { certificate: params.self_signed(&key)?, key })
    }

    fn config(
        self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        clients: Arc<dyn ClientCertVerifier>,
    ) -> Fallible<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        // Explicit, because any crate can set the default provider of the process.
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![self.certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
