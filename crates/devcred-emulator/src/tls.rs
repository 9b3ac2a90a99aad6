//! TLS, with certificates made when the emulator starts.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::builder::StartError;
use crate::signature::acs3::payload_hash;

/// A name that never resolves, for clients that reach the emulator through its proxy.
pub(crate) const SERVICE_NAME: &str = "service.test";

/// How an emulator with TLS presents itself; for [`Builder::tls`](crate::Builder::tls).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// With a certificate for `localhost`, `127.0.0.1`, `::1` and `service.test`, signed by [`Emulator::authority_pem`].
    ///
    /// [`Emulator::authority_pem`]: crate::Emulator::authority_pem
    Right,
    /// With one for another host.
    WrongHost,
    /// With one of another authority than [`Emulator::authority_pem`](crate::Emulator::authority_pem), which signed nothing.
    UnknownAuthority,
    /// With one that expired long ago.
    Expired,
    /// With one that is valid from the year 2100 only.
    NotYetValid,
    /// Not at all: connections are accepted, and nothing is ever said on them.
    Silent,
}

/// What is spoken on a connection.
pub(crate) enum Speech {
    Plain,
    Tls(TlsAcceptor),
    Silent,
}

impl Tls {
    /// What to speak, and the authority to trust, where there is one.
    pub(crate) fn prepare(self) -> Result<(Speech, Option<String>), StartError> {
        let right = ["localhost", "127.0.0.1", "::1", SERVICE_NAME].as_slice();
        let (names, years) = match self {
            Self::Right | Self::UnknownAuthority => (right, (2020, 2100)),
            Self::WrongHost => (["other.test"].as_slice(), (2020, 2100)),
            Self::Expired => (right, (2001, 2002)),
            Self::NotYetValid => (right, (2100, 2101)),
            Self::Silent => return Ok((Speech::Silent, None)),
        };
        let certify = |years| certify(names, years).map_err(|error| StartError::Certificate(error.to_string()));
        let (config, pem) = certify(years)?;
        let pem = if self == Self::UnknownAuthority { certify(years)?.1 } else { pem };
        Ok((Speech::Tls(TlsAcceptor::from(Arc::new(config))), Some(pem)))
    }
}

/// A certificate from the first of January of one year to that of another, and the PEM of the authority that signed it.
fn certify(names: &[&str], (from, to): (i32, i32)) -> Result<(ServerConfig, String), Box<dyn std::error::Error>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    // A name of its own: where a client trusts another emulator's, the issuer is unknown to it, not its signature bad.
    let fingerprint: String = payload_hash(authority_key.public_key_raw()).chars().take(16).collect();
    authority.distinguished_name.push(DnType::CommonName, format!("devcred emulator {fingerprint}, for tests only"));
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut leaf = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    leaf.distinguished_name.push(DnType::CommonName, "devcred emulator");
    (leaf.not_before, leaf.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &issuer)?.der().clone();

    // Named here: a default of the process is whatever another crate has made it.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, pem))
}
