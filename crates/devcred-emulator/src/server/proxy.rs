//! A proxy that connects every `CONNECT` to the emulator, refuses it, or does not respond.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fmt, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional, sink};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::server::listener::{Listener, ShutdownSignal};
use crate::start_error::StartError;
use crate::sync::lock;

/// More than the head of any `CONNECT` needs.
const MAX_HEAD: usize = 16 * 1024;

/// The behavior of a proxy in front of the emulator, for [`Builder::proxy`](crate::Builder::proxy).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// Connects every `CONNECT` to the emulator, whatever host it names.
    Open,
    /// Like `Open` if `Proxy-Authorization` contains this user and password (Basic); otherwise
    /// responds with 407.
    WithPassword {
        /// The user's name.
        user: String,
        /// The user's password.
        password: String,
    },
    /// Responds with 407, even to the right password.
    AuthenticationRequired,
    /// Responds with 502.
    Refusing,
    /// Closes the connection without a response.
    Dropping,
    /// Never responds.
    Silent,
    /// Refuses connections: nothing listens at its address, and no other program can as long as the
    /// emulator runs.
    Closed,
}

/// Hides the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::WithPassword { .. } => "WithPassword",
            Self::AuthenticationRequired => "AuthenticationRequired",
            Self::Refusing => "Refusing",
            Self::Dropping => "Dropping",
            Self::Silent => "Silent",
            Self::Closed => "Closed",
        })
    }
}

/// A request to the proxy; from [`Emulator::proxy_requests`](crate::Emulator::proxy_requests).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyRequest {
    /// The requested host and port: `service.test:443`.
    pub target: String,
    /// Whether the request has a `Proxy-Authorization`. Its value is not kept.
    pub has_authorization: bool,
    /// The status of the response: 200, 407, 502, or 405 for a method other than `CONNECT`; `None`
    /// if there was no response.
    pub status: Option<u16>,
}

/// A proxy that is bound to its address.
pub(crate) struct ProxyServer {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<Mutex<Vec<ProxyRequest>>>,
    port: Port,
    behavior: Arc<ProxyBehavior>,
}

enum Port {
    Listening(Listener),
    /// Bound, but not listening.
    Reserved(#[expect(dead_code, reason = "keeps the port reserved")] TcpSocket),
}

struct ProxyBehavior {
    proxy: Proxy,
    emulator: SocketAddr,
    read_timeout: Duration,
}

impl ProxyServer {
    pub(crate) async fn bind(proxy: Proxy, emulator: SocketAddr, read_timeout: Duration) -> Result<Self, StartError> {
        let (address, port) = if proxy == Proxy::Closed {
            let reserved = reserve_port(emulator.ip());
            let (address, socket) =
                reserved.map_err(|source| StartError::Listen { address: SocketAddr::new(emulator.ip(), 0), source })?;
            (address, Port::Reserved(socket))
        } else {
            let listener = Listener::bind_any_port(emulator.ip()).await?;
            (listener.address, Port::Listening(listener))
        };
        Ok(Self {
            address,
            requests: Arc::default(),
            port,
            behavior: Arc::new(ProxyBehavior { proxy, emulator, read_timeout }),
        })
    }

    pub(crate) async fn run(self, mut shutdown: ShutdownSignal) {
        match self.port {
            Port::Listening(listener) => {
                let serve = |client, _| {
                    let (behavior, requests) = (Arc::clone(&self.behavior), Arc::clone(&self.requests));
                    async move {
                        // The two ends of a tunnel see its errors.
                        let _ = behavior.serve(client, &requests).await;
                    }
                };
                listener.run(shutdown, serve).await;
            }
            Port::Reserved(_) => drop(shutdown.changed().await),
        }
    }
}

fn reserve_port(ip: IpAddr) -> io::Result<(SocketAddr, TcpSocket)> {
    let socket = if ip.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(SocketAddr::new(ip, 0))?;
    Ok((socket.local_addr()?, socket))
}

impl ProxyBehavior {
    async fn serve(&self, mut client: TcpStream, requests: &Mutex<Vec<ProxyRequest>>) -> io::Result<()> {
        let Some((head, rest)) = timeout(self.read_timeout, read_head(&mut client)).await?? else {
            return Ok(());
        };
        let request = self.decide(&head);
        let status = request.status;
        lock(requests).push(request);
        match status {
            Some(200) => {}
            Some(status) => {
                client.write_all(refusal(status).as_bytes()).await?;
                return client.shutdown().await;
            }
            None if self.proxy == Proxy::Silent => {
                copy(&mut client, &mut sink()).await?;
                return Ok(());
            }
            None => return Ok(()),
        }
        let mut emulator = TcpStream::connect(self.emulator).await?;
        client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
        emulator.write_all(&rest).await?;
        copy_bidirectional(&mut client, &mut emulator).await?;
        Ok(())
    }

    fn decide(&self, head: &str) -> ProxyRequest {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        let authorization = headers.find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
        let authorization = authorization.map(|(_, value)| value.trim());
        let status = match &self.proxy {
            _ if method != "CONNECT" => Some(405),
            Proxy::WithPassword { user, password } => {
                let expected = format!("Basic {}", BASE64.encode(format!("{user}:{password}")));
                Some(if authorization == Some(&expected) { 200 } else { 407 })
            }
            Proxy::AuthenticationRequired => Some(407),
            Proxy::Refusing => Some(502),
            Proxy::Open | Proxy::Closed => Some(200),
            Proxy::Dropping | Proxy::Silent => None,
        };
        ProxyRequest { target: target.to_owned(), has_authorization: authorization.is_some(), status }
    }
}

/// Reads the head of a request. Returns it with the bytes that followed it, or `None` if it is
/// incomplete or too long.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    const END: &[u8] = b"\r\n\r\n";
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(END.len()).position(|window| window == END) {
            let rest = read.split_off(end + END.len());
            return Ok(Some((String::from_utf8_lossy(&read).into_owned(), rest)));
        }
        if read.len() > MAX_HEAD || client.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

fn refusal(status: u16) -> String {
    let line = match status {
        407 => "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"emulator\"",
        502 => "502 Bad Gateway",
        _ => "405 Method Not Allowed\r\nAllow: CONNECT",
    };
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
