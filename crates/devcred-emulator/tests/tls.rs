//! Tests TLS listeners with their certificates, and the proxy in front of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use common::{ID, LIMIT, Request, Response, SECRET, get};
use devcred_emulator::{Emulator, Proxy, Step, Tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, ProtocolVersion, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const CLIENT_ID: &str = "GID_demo@@@device-1";

async fn emulator(tls: Tls) -> Emulator {
    Emulator::builder().access_key(ID, SECRET).tls(tls).start().await.unwrap()
}

/// Connects as a client that trusts the emulator's authority.
async fn connect(emulator: &Emulator, name: &'static str, tcp: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    let pem = emulator.authority_pem().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), tcp).await
}

async fn tcp(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

fn request(emulator: &Emulator) -> Request {
    let host = emulator.endpoint().strip_prefix("https://").unwrap();
    get(emulator, CLIENT_ID).header("host", host).sign()
}

#[tokio::test]
async fn a_right_certificate_is_right_for_every_name() {
    let emulator = emulator(Tls::Valid).await;
    assert_eq!(emulator.endpoint(), format!("https://localhost:{}", emulator.address().port()));
    for name in ["localhost", "127.0.0.1", "::1", "service.test"] {
        let mut stream = connect(&emulator, name, tcp(emulator.address()).await).await.unwrap();
        request(&emulator).send_over(&mut stream).await.assert_ok();
        let by_name = get(&emulator, CLIENT_ID).header("host", "service.test").sign();
        by_name.send_over(&mut stream).await.assert_ok();
    }
    assert_eq!((emulator.accepted_connections(), emulator.calls().len()), (4, 8));
}

#[tokio::test]
async fn a_wrong_certificate_is_wrong_in_its_own_way() {
    for (tls, expected) in [
        (Tls::WrongHost, "not valid for name"),
        (Tls::UnknownAuthority, "UnknownIssuer"),
        (Tls::SelfSigned, "CaUsedAsEndEntity"),
        (Tls::Expired, "certificate expired"),
        (Tls::NotYetValid, "certificate not valid yet"),
    ] {
        let emulator = emulator(tls).await;
        let refused = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap_err();
        let error = refused.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()).unwrap();
        let rustls::Error::InvalidCertificate(error) = error else { panic!("{tls:?}: {error}") };
        let text =
            if *error == CertificateError::UnknownIssuer { "UnknownIssuer".to_owned() } else { error.to_string() };
        assert!(text.contains(expected), "{tls:?}: {text}");
        emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
        assert!(emulator.calls().is_empty());
    }
}

#[tokio::test]
async fn silent_never_sends_a_byte() {
    let emulator = emulator(Tls::Silent).await;
    assert!(emulator.endpoint().starts_with("https://localhost:") && emulator.authority_pem().is_some());
    let mut stream = tcp(emulator.address()).await;
    stream.write_all(b"a hello that is not answered").await.unwrap();
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 1).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
}

/// Returns the TLS error inside an I/O error.
fn tls_error(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

#[tokio::test]
async fn a_version_can_be_the_only_one() {
    for (tls, expected) in [
        (Tls::Valid, ProtocolVersion::TLSv1_3),
        (Tls::OnlyTls12, ProtocolVersion::TLSv1_2),
        (Tls::OnlyTls13, ProtocolVersion::TLSv1_3),
    ] {
        let emulator = emulator(tls).await;
        let mut stream = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected), "{tls:?}");
        request(&emulator).send_over(&mut stream).await.assert_ok();
    }
}

/// With TLS 1.3, the client gets the alert when it reads.
#[tokio::test]
async fn a_client_certificate_is_demanded() {
    let emulator = emulator(Tls::ClientCertificate).await;
    let mut stream = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap();
    let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    let required = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
    assert_eq!(tls_error(&error), Some(&required));
}

#[tokio::test]
async fn the_first_connections_begin_as_scripted() {
    let builder = Emulator::builder().access_key(ID, SECRET).tls(Tls::Valid);
    let first = [Tls::Alert(80), Tls::Close, Tls::Reset, Tls::OnlyTls12];
    let emulator = builder.connections(first).start().await.unwrap();
    let mut errors = Vec::new();
    for _ in 0..3 {
        errors.push(connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap_err());
    }
    let internal_error = rustls::Error::AlertReceived(AlertDescription::InternalError);
    assert_eq!(tls_error(&errors[0]), Some(&internal_error));
    assert_eq!(errors[1].kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(errors[2].kind(), std::io::ErrorKind::ConnectionReset);
    for version in [ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3] {
        let mut stream = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version));
        request(&emulator).send_over(&mut stream).await.assert_ok();
    }
    assert_eq!(emulator.calls().len(), 2);
}

#[tokio::test]
async fn a_connection_without_tls_can_be_reset_before_its_request_is_read() {
    let emulator = Emulator::builder().access_key(ID, SECRET).connections([Tls::Reset]).start().await.unwrap();
    assert!(emulator.authority_pem().is_none());
    let (_, reset) = get(&emulator, CLIENT_ID).sign().read_to_end().await;
    assert_eq!(reset.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(emulator.calls().is_empty());
    get(&emulator, CLIENT_ID).send().await.assert_ok();
}

#[tokio::test]
async fn a_corrupt_record_breaks_the_connection() {
    for tls in [Tls::OnlyTls12, Tls::OnlyTls13] {
        let corrupt = r#"{"corrupt": true}"#.parse::<Step>().unwrap();
        let builder = Emulator::builder().access_key(ID, SECRET).tls(tls).steps([corrupt]);
        let emulator = builder.start().await.unwrap();
        let mut stream = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap();
        stream.write_all(request(&emulator).text().as_bytes()).await.unwrap();
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(tls_error(&error), Some(&rustls::Error::DecryptError), "{error}");
    }
}

#[tokio::test]
async fn a_black_hole_neither_accepts_nor_refuses() {
    let emulator = Emulator::builder().black_hole().start().await.unwrap();
    let attempt = tokio::time::timeout(std::time::Duration::from_millis(300), TcpStream::connect(emulator.address()));
    assert!(attempt.await.is_err());
    emulator.shutdown().await;
}

#[tokio::test]
async fn steps_that_leave_http_work_inside_tls() {
    let steps =
        [r#"{"raw": "hello"}"#, r#"{"truncate": 3, "body": "text"}"#, r#"{"close": true}"#, r#"{"reset": true}"#];
    let steps = steps.map(|step| step.parse::<Step>().unwrap());
    let emulator = Emulator::builder().access_key(ID, SECRET).tls(Tls::Valid).steps(steps).start().await.unwrap();
    let mut read = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&emulator, "localhost", tcp(emulator.address()).await).await.unwrap();
        stream.write_all(request(&emulator).text().as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let end = stream.read_to_end(&mut bytes).await.map_err(|error| error.kind());
        read.push((String::from_utf8(bytes).unwrap(), end.err()));
    }
    assert_eq!(read[0], ("hello".to_owned(), None));
    assert!(read[1].0.contains("content-length: 4") && read[1].0.ends_with("\r\n\r\ntex"), "{}", read[1].0);
    assert_eq!(read[2], (String::new(), None));
    assert_eq!(read[3], (String::new(), Some(std::io::ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn plain_http_on_a_tls_listener_is_no_call() {
    let emulator = emulator(Tls::Valid).await;
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    assert!(!read.starts_with(b"HTTP/"));
    assert!(emulator.calls().is_empty());
}

/// Asks the proxy for a tunnel. Returns the status of its response, and the connection.
async fn tunnel(emulator: &Emulator, target: &str, authorization: Option<&str>) -> (u16, TcpStream) {
    let mut stream = tcp(emulator.proxy_address().unwrap()).await;
    let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    let connect = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
    stream.write_all(connect.as_bytes()).await.unwrap();
    let response = Response::read(&mut stream).await.unwrap();
    assert_eq!(response.headers.contains_key("Proxy-Authenticate"), response.status == 407);
    (response.status, stream)
}

async fn emulator_with_proxy(proxy: Proxy) -> Emulator {
    Emulator::builder().access_key(ID, SECRET).tls(Tls::Valid).proxy(proxy).start().await.unwrap()
}

/// Returns target, whether there was an authorization, and status.
fn proxy_requests(emulator: &Emulator) -> Vec<(String, bool, u16)> {
    let requests = emulator.proxy_requests().into_iter();
    requests.map(|request| (request.target, request.has_authorization, request.status.unwrap_or(0))).collect()
}

#[tokio::test]
async fn an_open_proxy_leads_every_name_to_the_emulator() {
    let emulator = emulator_with_proxy(Proxy::Open).await;
    assert_eq!(emulator.endpoint(), "https://service.test");
    let (status, stream) = tunnel(&emulator, "service.test:443", None).await;
    assert_eq!(status, 200);
    let mut stream = connect(&emulator, "service.test", stream).await.unwrap();
    request(&emulator).send_over(&mut stream).await.assert_ok();
    tunnel(&emulator, "anything.test:1", Some("Basic eDp5")).await;
    let expected = [("service.test:443".to_owned(), false, 200), ("anything.test:1".to_owned(), true, 200)];
    assert_eq!(proxy_requests(&emulator), expected);

    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_proxy_with_a_password_requires_the_right_one() {
    let emulator =
        emulator_with_proxy(Proxy::WithPassword { user: "user".to_owned(), password: "pass word".to_owned() }).await;
    let mut statuses = Vec::new();
    for authorization in [None, Some("Basic dXNlcjp3cm9uZw=="), Some("Basic dXNlcjpwYXNzIHdvcmQ=")] {
        statuses.push(tunnel(&emulator, "service.test:443", authorization).await.0);
    }
    assert_eq!(statuses, [407, 407, 200]);
    assert!(!format!("{:?}", emulator.proxy_requests()).contains("dXNlcj"));
}

#[tokio::test]
async fn proxies_refuse() {
    for (proxy, expected) in [(Proxy::AuthenticationRequired, 407), (Proxy::Refusing, 502)] {
        let emulator = emulator_with_proxy(proxy).await;
        let (status, mut stream) = tunnel(&emulator, "service.test:443", Some("Basic eDp5")).await;
        assert_eq!(status, expected);
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        assert_eq!(proxy_requests(&emulator), [("service.test:443".to_owned(), true, expected)]);
        assert_eq!(emulator.accepted_connections(), 0);
    }
    let emulator = emulator_with_proxy(Proxy::Closed).await;
    let refused = TcpStream::connect(emulator.proxy_address().unwrap()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(emulator.proxy_requests().is_empty());
}

#[tokio::test]
async fn only_connect_opens_a_tunnel() {
    let emulator = emulator_with_proxy(Proxy::Open).await;
    let request = Request::plain(&emulator, "GET", "http://127.0.0.1/_devcred/health");
    let request = Request { address: emulator.proxy_address().unwrap(), ..request };
    assert_eq!(request.send().await.status, 405);
    assert_eq!(proxy_requests(&emulator), [("http://127.0.0.1/_devcred/health".to_owned(), false, 405)]);
}

/// Bytes that a client sends without waiting for the proxy's response belong to the tunnel.
#[tokio::test]
async fn a_tunnel_without_tls_leads_to_the_emulator_too() {
    let emulator = Emulator::builder().access_key(ID, SECRET).proxy(Proxy::Open).start().await.unwrap();
    assert_eq!(emulator.endpoint(), format!("http://{}", emulator.address()));
    let mut stream = tcp(emulator.proxy_address().unwrap()).await;
    let both = format!("CONNECT x.test:80 HTTP/1.1\r\n\r\n{}", get(&emulator, CLIENT_ID).sign().text());
    stream.write_all(both.as_bytes()).await.unwrap();
    let established = b"HTTP/1.1 200 Connection Established\r\n\r\n";
    stream.read_exact(&mut [0; 39]).await.map(|length| assert_eq!(length, established.len())).unwrap();
    Response::read(&mut stream).await.unwrap().assert_ok();
}

#[tokio::test]
async fn shutdown_and_drop_close_the_proxy_and_its_tunnels() {
    for is_dropped in [false, true] {
        let emulator = emulator_with_proxy(Proxy::Open).await;
        let (_, mut open) = tunnel(&emulator, "service.test:443", None).await;
        if is_dropped {
            drop(emulator);
        } else {
            emulator.shutdown().await;
        }
        assert!(Response::read(&mut open).await.is_none());
    }
}

#[tokio::test]
async fn debug_shows_no_password() {
    let builder = Emulator::builder().proxy(Proxy::WithPassword { user: "u".to_owned(), password: "hush".to_owned() });
    let shown = format!("{builder:?}");
    assert!(shown.contains("WithPassword") && !shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn a_proxy_can_leave_requests_unanswered() {
    let connect = b"CONNECT service.test:443 HTTP/1.1\r\n\r\n";
    for proxy in [Proxy::Dropping, Proxy::Silent] {
        let emulator = emulator_with_proxy(proxy.clone()).await;
        let mut stream = tcp(emulator.proxy_address().unwrap()).await;
        stream.write_all(connect).await.unwrap();
        if proxy == Proxy::Silent {
            let more = tokio::time::timeout(std::time::Duration::from_millis(100), stream.read_u8());
            assert!(more.await.is_err());
            stream.shutdown().await.unwrap();
        }
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0, "{proxy:?}");
        assert_eq!(emulator.proxy_requests()[0].status, None);
        assert_eq!(emulator.accepted_connections(), 0);
    }
}
