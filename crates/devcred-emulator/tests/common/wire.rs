//! Requests and responses as plain text.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use devcred_emulator::Emulator;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::LIMIT;

/// A signed request. The signature does not cover later changes.
#[derive(Clone)]
pub struct Request {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub address: SocketAddr,
}

impl Request {
    /// Creates an unsigned request.
    pub fn plain(emulator: &Emulator, method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: BTreeMap::from([("host".to_owned(), emulator.address().to_string())]),
            body: String::new(),
            address: emulator.address(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sends the request over a new connection and reads the response.
    pub async fn send(&self) -> Response {
        let mut stream = self.send_unread().await;
        Response::read(&mut stream).await.expect("the emulator closed the connection without an answer")
    }

    /// Sends the request over an open connection and reads the response.
    pub async fn send_over(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Response {
        stream.write_all(self.text().as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        Response::read(stream).await.expect("the emulator closed the connection without an answer")
    }

    /// Sends the request and reads until the connection ends. Returns the bytes and how it ended.
    pub async fn read_to_end(&self) -> (Vec<u8>, std::io::Result<usize>) {
        let mut stream = self.send_unread().await;
        let mut read = Vec::new();
        let end = tokio::time::timeout(LIMIT, stream.read_to_end(&mut read)).await;
        (read, end.expect("the connection does not end"))
    }

    /// Sends the request and leaves the response unread.
    pub async fn send_unread(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(self.text().as_bytes()).await.unwrap();
        stream
    }

    pub fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{}\r\n{headers}content-length: {}\r\n\r\n{}", self.line, self.body.len(), self.body)
    }
}

pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Response {
    /// Reads the next response, or returns `None` if the connection ends before it is complete.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let read = tokio::time::timeout(LIMIT, Self::read_without_limit(stream));
        read.await.expect("neither an answer nor the end of the connection")
    }

    async fn read_without_limit(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut read = String::new();
        let head_end = loop {
            match read.find("\r\n\r\n") {
                Some(end) => break end,
                None => read_more(stream, &mut read).await?,
            }
        };
        let mut lines = read[..head_end].split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: BTreeMap<String, String> =
            lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while read.len() < head_end + 4 + length {
            read_more(stream, &mut read).await?;
        }
        Some(Self { status, headers, text: read[head_end + 4..].to_owned() })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Returns the error code; empty for a success.
    pub fn code(&self) -> String {
        self.json()["Code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["Message"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
    }

    #[track_caller]
    pub fn assert_ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// Returns the member `DeviceCredential` of a success.
    #[track_caller]
    pub fn credential(&self) -> Value {
        self.assert_ok()["DeviceCredential"].clone()
    }
}

async fn read_more(stream: &mut (impl AsyncRead + Unpin), read: &mut String) -> Option<()> {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
    read.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    Some(())
}
