//! The trusted certificate authorities.

use std::fs::File;
use std::io::Read;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::env::{Env, NamedValue};
use crate::error::Error;

const FILE_VARIABLE: &str = "SSL_CERT_FILE";

/// In bytes. A system's bundle has some hundred thousand.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// The roots that are bundled with the library, or those in `SSL_CERT_FILE`, and those that the
/// caller adds. Bundled roots work in containers without a certificate store and on phones.
#[derive(Clone)]
pub(crate) struct Roots {
    store: RootCertStore,
    description: String,
}

impl Roots {
    /// # Errors
    /// `InvalidParameter` if `SSL_CERT_FILE` is unreadable or contains no certificate, or if
    /// `added_pem` contains anything but certificates.
    pub(crate) fn load(env: &Env, added_pem: Option<&[u8]>) -> Result<Self, Error> {
        let mut roots = match env.get(FILE_VARIABLE)? {
            Some(file) => Self::from_file(&file)?,
            None => Self {
                store: webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
                description: "the roots bundled with devcred".to_owned(),
            },
        };
        if let Some(pem) = added_pem {
            roots.add(pem)?;
        }
        Ok(roots)
    }

    pub(crate) fn store(&self) -> RootCertStore {
        self.store.clone()
    }

    /// Describes the roots in the advice for an unknown issuer.
    pub(crate) fn description(&self) -> &str {
        &self.description
    }

    /// A system's bundle may contain certificates that cannot be used; one usable certificate is
    /// enough.
    fn from_file(file: &NamedValue) -> Result<Self, Error> {
        let refused = |complaint| Err(Error::invalid_parameter(format!("{FILE_VARIABLE} names {complaint}")));
        // Opening a pipe could block forever, and a device may never end.
        if std::fs::metadata(&file.value).is_ok_and(|metadata| !metadata.is_file()) {
            return refused("a path that is not a regular file");
        }
        let mut pem = Vec::new();
        match File::open(&file.value).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut pem)) {
            Ok(length) if length as u64 <= FILE_MAX => {}
            Ok(_) => return refused("a file of more than 16 MiB"),
            Err(_) => return refused("a file that cannot be read"),
        }
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).flatten());
        if store.is_empty() {
            return refused("a file without a PEM certificate");
        }
        Ok(Self { store, description: format!("the roots of {FILE_VARIABLE}") })
    }

    fn add(&mut self, pem: &[u8]) -> Result<(), Error> {
        let refused = || {
            let hint = if is_path(pem) { "; this looks like a path: pass the content of the file" } else { "" };
            Error::invalid_parameter(format!(
                "root_certificates_pem must contain PEM certificates, at least one, and nothing else{hint}"
            ))
        };
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| refused())?;
        if certificates.is_empty() {
            return Err(refused());
        }
        for certificate in certificates {
            self.store.add(certificate).map_err(|_| refused())?;
        }
        self.description.push_str(" and root_certificates_pem");
        Ok(())
    }
}

/// Whether a caller seems to have passed the path of a file instead of its content.
fn is_path(pem: &[u8]) -> bool {
    let has_line_feed = pem.contains(&b'\n');
    let has_separator = pem.iter().any(|byte| matches!(byte, b'/' | b'\\'));
    let has_extension = [&b".pem"[..], b".crt", b".cer"].iter().any(|extension| pem.ends_with(extension));
    !has_line_feed && !pem.starts_with(b"-----") && (has_separator || has_extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed authority, made for this test.
    const PEM: &str = include_str!("testdata/authority.pem");

    fn load(env: &[(&'static str, &'static str)], pem: Option<&[u8]>) -> Result<Roots, Error> {
        Roots::load(&Env::of(env), pem)
    }

    #[test]
    fn the_roots_are_bundled_and_the_callers_are_added() {
        let bundled = load(&[], None).unwrap();
        assert!(bundled.store().len() > 50);
        let added = load(&[(FILE_VARIABLE, "")], Some(PEM.as_bytes())).unwrap();
        assert_eq!(added.store().len(), bundled.store().len() + 1);
        assert_eq!(added.description(), "the roots bundled with devcred and root_certificates_pem");
    }

    #[test]
    fn a_file_replaces_the_bundled_roots() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/transport/testdata/authority.pem");
        let roots = load(&[(FILE_VARIABLE, file)], None).unwrap();
        assert_eq!((roots.store().len(), roots.description()), (1, "the roots of SSL_CERT_FILE"));
        for bad in ["/no/such/file", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
            let error = load(&[(FILE_VARIABLE, bad)], None).err().unwrap();
            assert!(error.message().starts_with("SSL_CERT_FILE names a file "), "{error}");
        }
    }

    fn complaint(file: &'static str) -> String {
        load(&[(FILE_VARIABLE, file)], None).err().unwrap().message().to_owned()
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_could_have_no_end_is_not_opened() {
        for special in ["/dev/null", "/dev/zero", "/"] {
            assert_eq!(complaint(special), "SSL_CERT_FILE names a path that is not a regular file", "{special}");
        }
    }

    #[test]
    fn a_file_is_read_up_to_a_limit() {
        let path = std::env::temp_dir().join(format!("devcred-roots-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        let complaint = || complaint(path.to_str().unwrap().to_owned().leak());
        file.set_len(16 << 20).unwrap();
        let at_limit = complaint();
        file.set_len((16 << 20) + 1).unwrap();
        let beyond = complaint();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(at_limit, "SSL_CERT_FILE names a file without a PEM certificate");
        assert_eq!(beyond, "SSL_CERT_FILE names a file of more than 16 MiB");
    }

    #[test]
    fn what_the_caller_adds_must_be_certificates() {
        let broken = PEM.replace("MII", "AAA");
        for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----AA/A", &format!("{PEM}\n{broken}")] {
            let error = load(&[], Some(bad.as_bytes())).err().unwrap();
            assert!(error.message().starts_with("root_certificates_pem"), "{error}");
            assert!(!error.message().contains("path"), "{error}");
        }
    }

    #[test]
    fn a_path_is_recognized_and_not_repeated() {
        for path in ["/etc/ssl/authority", "certificates\\authority", "authority.pem", "authority.crt", "authority.cer"]
        {
            let error = load(&[], Some(path.as_bytes())).err().unwrap();
            assert!(error.message().ends_with("this looks like a path: pass the content of the file"), "{error}");
            assert!(!error.message().contains(path), "{error}");
        }
    }
}
