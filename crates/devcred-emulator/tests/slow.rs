//! Clients that begin and do not go on.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::{Duration, Instant};

use common::{Answer, ID, LIMIT, SECRET, get};
use devcred_emulator::{Emulator, Proxy, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CLIENT_ID: &str = "GID_demo@@@device-1";

const SHORT: Duration = Duration::from_millis(200);

/// Whether the connection ends by itself.
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
async fn half_a_handshake_and_half_a_connect_do_not_either() {
    let emulator = Emulator::builder().tls(Tls::Valid).proxy(Proxy::Open).read_timeout(SHORT).start().await.unwrap();
    for (address, text) in [(emulator.address(), "\u{16}\u{3}"), (emulator.proxy_address().unwrap(), "CONNECT x")] {
        let mut stream = half(address, text.as_bytes()).await;
        assert!(ends(&mut stream).await, "{text:?}");
    }
}

/// As the service closes a connection that is idle for about 10 seconds.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let emulator = Emulator::builder().access_key(ID, SECRET).read_timeout(SHORT).start().await.unwrap();
    let mut stream = get(&emulator, CLIENT_ID).sign().begin().await;
    Answer::read(&mut stream).await.unwrap().assert_ok();
    let begun = Instant::now();
    assert!(ends(&mut stream).await);
    assert!(begun.elapsed() >= SHORT / 2, "{:?}", begun.elapsed());
}

/// No limit is on what the emulator does itself.
#[tokio::test]
async fn a_late_answer_comes_all_the_same() {
    let late = r#"{"delay_ms": 600}"#.parse().unwrap();
    let builder = Emulator::builder().access_key(ID, SECRET).read_timeout(SHORT).steps([late]);
    get(&builder.start().await.unwrap(), CLIENT_ID).send().await.assert_ok();
}
