//! What the end-to-end tests share: a client for an emulator, and a server that answers with fixed
//! bytes.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests, each used by some of them")]

use std::net::SocketAddr;
use std::time::Duration;

use devcred::{AccessKey, Client, ClientBuilder};
use devcred_emulator::Emulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl****";

/// An answer for the device and the instance of these tests.
pub(crate) const CREDENTIAL: &str = r#"{"DeviceCredential":{"ClientId":"GID_test@@@test","InstanceId":"post-cn-0pp12gl****",
    "DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":"DC.secret","CreateTime":1,"UpdateTime":"2"}}"#;

/// How long a test waits for what must happen; a machine under load may need some of it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A builder whose environment is empty, whatever the machine's is.
pub(crate) fn builder() -> ClientBuilder {
    Client::builder().variables(|_| None).instance_id(INSTANCE_ID)
}

/// A builder for a client of this emulator, with its own key.
pub(crate) fn builder_for(emulator: &Emulator) -> ClientBuilder {
    let key = AccessKey::new(emulator.access_key_id(), emulator.access_key_secret()).unwrap();
    builder().endpoint(emulator.endpoint()).access_key(key)
}

pub(crate) fn client_for(emulator: &Emulator) -> Client {
    builder_for(emulator).build().unwrap()
}

pub(crate) async fn emulator() -> Emulator {
    Emulator::builder().start().await.unwrap()
}

/// A server that answers each connection's first request with the next of these answers and closes.
/// It hands out the heads of the requests as they arrive.
pub(crate) async fn server(answers: Vec<Vec<u8>>) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = heads.send(head(&mut socket).await);
            let _ = socket.write_all(&answer).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, received)
}

/// The head of the next request.
pub(crate) async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A whole HTTP answer.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A client for a server that is not an emulator.
pub(crate) fn client_at(address: SocketAddr) -> Client {
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    builder().endpoint(format!("http://{address}")).access_key(key).max_attempts(1).build().unwrap()
}
