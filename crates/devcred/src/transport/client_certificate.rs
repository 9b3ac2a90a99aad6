//! Records that the server requested a client certificate, which devcred does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

/// With TLS 1.2 a server that requires a certificate refuses the handshake with a general alert;
/// only its request for a certificate shows the reason.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientCertificate {
    was_requested: Arc<AtomicBool>,
}

impl ClientCertificate {
    pub(super) fn was_requested(&self) -> bool {
        self.was_requested.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _root_hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_requested.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
