//! Which certificates are accepted, and how a refusal is reported.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{CREDENTIAL, answer, builder};
use devcred::{AccessKey, Client, ClientBuilder, Error, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "devcred test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

impl Authority {
    fn certify(&self, name: &str, years: std::ops::Range<i32>) -> ServerConfig {
        self.certify_with(name, years, rustls::DEFAULT_VERSIONS, None)
    }

    fn certify_with(
        &self,
        name: &str,
        years: std::ops::Range<i32>,
        versions: &[&'static rustls::SupportedProtocolVersion],
        client_verifier: Option<Arc<dyn ClientCertVerifier>>,
    ) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.start, 1, 1);
        params.not_after = date_time_ymd(years.end, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(client_verifier.unwrap_or_else(|| Arc::new(NoClientAuth)))
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap()
    }
}

/// A TLS server that answers every request with a credential, and counts requests.
async fn tls_server(config: ServerConfig) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(socket) = acceptor.accept(socket).await else { continue };
            count.fetch_add(serve(socket).await, Ordering::Relaxed);
        }
    });
    (address, requests)
}

/// Answers one request with a credential. Returns how many came.
async fn serve(mut socket: TlsStream<TcpStream>) -> usize {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return 0 };
        head.push(byte);
    }
    let _ = socket.write_all(&answer("200 OK", &["Connection: close"], CREDENTIAL.as_bytes())).await;
    let _ = socket.shutdown().await;
    1
}

fn builder_at(address: SocketAddr) -> ClientBuilder {
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    builder().endpoint(format!("https://localhost:{}", address.port())).access_key(key)
}

fn client(address: SocketAddr, pem: Option<&str>) -> Client {
    let builder = builder_at(address);
    pem.into_iter().fold(builder, |builder, pem| builder.root_certificates_pem(pem)).build().unwrap()
}

/// The error of a call to a server with this certificate, which must not have seen a request.
async fn refusal(config: ServerConfig, pem: Option<&str>) -> Error {
    let (address, requests) = tls_server(config).await;
    let error = client(address, pem).get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 1, false), "{error}");
    assert_eq!(requests.load(Ordering::Relaxed), 0);
    error
}

#[tokio::test]
async fn a_certificate_of_an_added_authority_is_taken() {
    let authority = authority();
    let (address, requests) = tls_server(authority.certify("localhost", 2020..2100)).await;
    client(address, Some(&authority.pem)).get_device_credential("GID_test@@@test").await.unwrap();
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_unknown_authority_is_refused_with_the_roots_that_were_used() {
    let error = refusal(authority().certify("localhost", 2020..2100), None).await;
    assert!(error.message().contains("issuer is unknown"), "{error}");
    assert!(error.advice().unwrap().contains("the roots bundled with devcred"), "{error}");
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused_with_this_machines_clock() {
    for (years, cause) in [(2001..2002, "has expired"), (2100..2101, "is not valid yet")] {
        let authority = authority();
        let error = refusal(authority.certify("localhost", years), Some(&authority.pem)).await;
        assert!(error.message().contains(cause), "{error}");
        assert!(error.advice().unwrap().contains("This machine's clock reads 2"), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_refused() {
    let authority = authority();
    let error = refusal(authority.certify("example.com", 2020..2100), Some(&authority.pem)).await;
    assert!(error.message().contains("does not match the host name"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_finishes_the_handshake_is_no_connection() {
    // Connections wait in the listener's queue, so TCP is there and TLS never comes.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        builder_at(listener.local_addr().unwrap()).connect_timeout(Duration::from_millis(100)).build().unwrap();
    let error = client.get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 3, true));
    assert!(error.message().contains("no connection within the connect timeout"), "{error}");
}

/// A server that treats each connection in turn by the next of these, and further ones by the last.
async fn server_of(config: ServerConfig, treatments: Vec<Treatment>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        for number in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            match treatments.get(number).or(treatments.last()).unwrap() {
                Treatment::Bytes(bytes) => {
                    socket.write_all(bytes).await.unwrap();
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                }
                Treatment::Corrupt => {
                    let mut socket = acceptor.accept(socket).await.unwrap();
                    let _ = socket.read_u8().await.unwrap();
                    // A record of application data that no key of this connection made.
                    let (mut socket, _) = socket.into_inner();
                    socket.write_all(&[&[23, 3, 3, 0, 32][..], &[7; 32]].concat()).await.unwrap();
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                }
                Treatment::Serve => drop(serve(acceptor.accept(socket).await.unwrap()).await),
            }
        }
    });
    address
}

enum Treatment {
    /// These bytes instead of a handshake.
    Bytes(&'static [u8]),
    /// A record that cannot be decrypted, instead of an answer.
    Corrupt,
    Serve,
}

const ALERT_INTERNAL_ERROR: &[u8] = &[21, 3, 3, 0, 2, 2, 80];
const ALERT_PROTOCOL_VERSION: &[u8] = &[21, 3, 3, 0, 2, 2, 70];
const ALERT_HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

async fn call(authority: &Authority, treatments: Vec<Treatment>) -> Result<(), Error> {
    let address = server_of(authority.certify("localhost", 2020..2100), treatments).await;
    client(address, Some(&authority.pem)).get_device_credential("GID_test@@@test").await.map(drop)
}

#[tokio::test]
async fn an_alert_or_a_corrupt_record_is_tried_again() {
    let authority = authority();
    call(&authority, vec![Treatment::Bytes(ALERT_INTERNAL_ERROR), Treatment::Serve]).await.unwrap();
    call(&authority, vec![Treatment::Corrupt, Treatment::Serve]).await.unwrap();
}

#[tokio::test]
async fn what_broke_tls_is_told_by_its_own_name() {
    let authority = authority();
    for (treatment, attempts, message) in [
        (Treatment::Bytes(ALERT_INTERNAL_ERROR), 3, "failed: the server sent the TLS alert InternalError (attempt 3"),
        (Treatment::Corrupt, 3, "failed: the TLS connection was corrupted (attempt 3 of 3), possibly billed"),
        (Treatment::Bytes(ALERT_PROTOCOL_VERSION), 1, "failed: no common TLS protocol (attempt 1"),
        (Treatment::Bytes(ALERT_HANDSHAKE_FAILURE), 1, "failed: no common TLS protocol (attempt 1"),
        (
            Treatment::Bytes(b"HTTP/1.1 400 x\r\n\r\n"),
            1,
            "failed: the server does not speak TLS on this port (attempt 1",
        ),
    ] {
        let error = call(&authority, vec![treatment]).await.unwrap_err();
        assert!(error.message().contains(message), "{error}");
        let retryable = attempts == 3;
        assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, attempts, retryable));
    }
}

#[tokio::test]
async fn each_supported_version_of_tls_is_spoken() {
    let authority = authority();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = authority.certify_with("localhost", 2020..2100, &[version], None);
        let (address, requests) = tls_server(config).await;
        client(address, Some(&authority.pem)).get_device_credential("GID_test@@@test").await.unwrap();
        assert_eq!(requests.load(Ordering::Relaxed), 1, "{version:?}");
    }
}

#[tokio::test]
async fn a_client_certificate_that_is_required_is_named() {
    let authority = authority();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), provider).build().unwrap();
        let config = authority.certify_with("localhost", 2020..2100, &[version], Some(verifier));
        let error = refusal(config, Some(&authority.pem)).await;
        let message =
            "failed: the server requires a client certificate, which devcred does not support (attempt 1 of 3)";
        assert!(error.message().starts_with("connecting to ") && error.message().ends_with(message), "{error}");
    }
}

/// Other servers than rustls refuse with TLS 1.2 by the alert that means anything, after they have
/// asked.
#[tokio::test]
async fn a_refused_handshake_is_about_the_certificate_if_the_server_asks_for_one() {
    let authority = authority();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).allow_unauthenticated();
    let config =
        authority.certify_with("localhost", 2020..2100, &[&rustls::version::TLS12], Some(verifier.build().unwrap()));
    let address = server_of(config, vec![Treatment::Serve, Treatment::Bytes(ALERT_HANDSHAKE_FAILURE)]).await;
    let client = client(address, Some(&authority.pem));
    client.get_device_credential("GID_test@@@test").await.unwrap();
    let error = client.get_device_credential("GID_test@@@test").await.unwrap_err();
    assert!(error.message().contains("the server requires a client certificate"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_an_authority_is_refused_with_the_reason() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let error = refusal(config, Some(&certificate.pem())).await;
    assert!(
        error.message().contains("the certificate is a CA certificate (CA:TRUE), not a server certificate"),
        "{error}"
    );
    assert!(error.advice().unwrap().contains("CA:FALSE"), "{error}");
}
