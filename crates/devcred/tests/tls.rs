//! Which certificates are taken, and how a refused one is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{INSTANCE_ID, answer, builder};
use devcred::{AccessKey, Client, ClientBuilder, Error, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

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
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.start, 1, 1);
        params.not_after = date_time_ymd(years.end, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
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
    let body = format!(
        r#"{{"RequestId":"ABC-1","DeviceCredential":{{"ClientId":"GID_test@@@test","InstanceId":"{INSTANCE_ID}",
        "DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":"DC.secret","CreateTime":1,"UpdateTime":2}}}}"#
    );
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = socket.read_u8().await else { break };
                head.push(byte);
            }
            count.fetch_add(1, Ordering::Relaxed);
            let _ = socket.write_all(&answer("200 OK", &["Connection: close"], body.as_bytes())).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, requests)
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
    assert_eq!((error.kind(), error.attempts(), error.retryable()), (ErrorKind::Transport, 1, false), "{error}");
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
    assert!(error.message().contains("for another host"), "{error}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_shares_no_protocol() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let error = client(address, None).get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));
    assert!(error.message().contains("no common TLS protocol"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_finishes_the_handshake_is_no_connection() {
    // Connections wait in the listener's queue, so TCP is there and TLS never comes.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        builder_at(listener.local_addr().unwrap()).connect_timeout(Duration::from_millis(100)).build().unwrap();
    let error = client.get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.retryable()), (ErrorKind::Transport, 3, true));
    assert!(error.message().contains("no connection within the connect timeout"), "{error}");
}
