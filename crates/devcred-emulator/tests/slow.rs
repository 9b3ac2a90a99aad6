//! Tests clients that stop in the middle.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::{Duration, Instant};

use common::{ID, LIMIT, Response, SECRET, get};
use devcred_emulator::{Emulator, Proxy, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CLIENT_ID: &str = "GID_demo@@@device-1";

const SHORT: Duration = Duration::from_millis(200);

/// Returns whether the emulator ends the connection.
async fn ends(stream: &mut TcpStream) -> bool {
    timeout(LIMIT, stream.read_to_end(&mut Vec::new())).await.is_ok()
}

async fn half(address: std::net::SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text).await.unwrap();
    stream
}

#[tokio::test]
async fn a_request_that_stops_half_way_does_not_keep_its_connection() {
    let emulator = Emulator::builder().access_key(ID, SECRET).read_timeout(SHORT).start().await.unwrap();
    let with_form = get(&emulator, CLIENT_ID).with_form().sign().text();
    let half_a_body = with_form.get(..with_form.len() - 1).unwrap();
    for text in ["", "POST / HTTP/1.1\r\nHost: localhost\r\n", half_a_body] {
        let mut stream = half(emulator.address(), text.as_bytes()).await;
        assert!(ends(&mut stream).await, "{text:?}");
    }
    assert!(emulator.calls().is_empty());
}

#[tokio::test]
async fn half_a_handshake_or_connect_does_not_keep_its_connection() {
    let emulator = Emulator::builder().tls(Tls::Valid).proxy(Proxy::Open).read_timeout(SHORT).start().await.unwrap();
    for (address, text) in [(emulator.address(), "\u{16}\u{3}"), (emulator.proxy_address().unwrap(), "CONNECT x")] {
        let mut stream = half(address, text.as_bytes()).await;
        assert!(ends(&mut stream).await, "{text:?}");
    }
}

/// The service closes a connection that is idle for about 10 seconds.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let emulator = Emulator::builder().access_key(ID, SECRET).read_timeout(SHORT).start().await.unwrap();
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    Response::read(&mut stream).await.unwrap().assert_ok();
    let started = Instant::now();
    assert!(ends(&mut stream).await);
    assert!(started.elapsed() >= SHORT / 2, "{:?}", started.elapsed());
}

/// The limit does not apply to the emulator's own delays.
#[tokio::test]
async fn a_late_response_is_still_sent() {
    let late = r#"{"delay_ms": 600}"#.parse().unwrap();
    let builder = Emulator::builder().access_key(ID, SECRET).read_timeout(SHORT).steps([late]);
    get(&builder.start().await.unwrap(), CLIENT_ID).send().await.assert_ok();
}
