//! One connection: HTTP, until a fault ends it in a way that no answer could.

use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::content::Chunks;
use crate::service::Service;
use crate::tls::Speech;

/// Far longer than the head of any request to the service.
const MAX_HEAD: usize = 64 * 1024;

/// What a request knows of its connection, and how it ends it.
#[derive(Clone)]
pub(crate) struct Socket {
    pub(crate) connection: u64,
    pub(crate) peer: IpAddr,
    endings: mpsc::Sender<Ending>,
}

impl Socket {
    /// Ends the connection and, with it, the request it is serving: the future of that request does not come back.
    pub(crate) async fn end<T>(&self, ending: Ending) -> T {
        // It fails where the connection is at its end already.
        let _ = self.endings.try_send(ending);
        pending().await
    }
}

/// How a connection ends, whether it speaks TLS or not.
pub(crate) enum Ending {
    Close,
    Reset,
    /// These bytes are written, a byte at a time where there is a pause, then it is closed.
    Write {
        chunks: Chunks,
        pause: Option<Duration>,
    },
}

impl Ending {
    async fn play(self, mut wire: Box<dyn Wire>) -> io::Result<()> {
        match self {
            Self::Close => {}
            Self::Reset => return wire.tcp().set_zero_linger(),
            Self::Write { chunks, pause: None } => {
                for chunk in chunks {
                    wire.write_all(&chunk).await?;
                }
            }
            Self::Write { chunks, pause: Some(pause) } => {
                for byte in chunks.flat_map(Bytes::into_iter) {
                    wire.write_all(&[byte]).await?;
                    wire.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        wire.shutdown().await
    }
}

/// What a connection is written to: TCP, or TLS over it.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

pub(crate) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    service: Arc<Service>,
    speech: Arc<Speech>,
    router: Router,
) {
    // Dropped last: a connection counts as open until its socket is closed.
    let open = service.recorder.connection_opened();
    if service.is_blocked(peer.ip()) {
        return;
    }
    let _ = stream.set_nodelay(true);
    // How a connection ends is the client's business; what became of its call stands in the journal.
    let Ok(Some(wire)) = greet(stream, &speech, service.read_timeout).await else {
        return;
    };
    let (endings, mut ending) = mpsc::channel(1);
    let socket = Socket { connection: open.number, peer: peer.ip(), endings };
    let router = TowerToHyperService::new(router);
    let with_socket = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(socket.clone());
        router.call(request)
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(service.read_timeout)
        .max_header_size(MAX_HEAD)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(wire), with_socket);
    let ending = tokio::select! {
        _ = &mut http => return,
        Some(ending) = ending.recv() => ending,
    };
    // With the connection's future its request is dropped, so that the call ends before the client can see it.
    let wire = http.into_parts().io.into_inner();
    let _ = ending.play(wire).await;
}

/// What HTTP is spoken over; `None` where nothing is said at all.
async fn greet(mut stream: TcpStream, speech: &Speech, limit: Duration) -> io::Result<Option<Box<dyn Wire>>> {
    Ok(match speech {
        Speech::Plain => Some(Box::new(stream)),
        Speech::Tls(acceptor) => Some(Box::new(timeout(limit, acceptor.accept(stream)).await??)),
        Speech::Silent => {
            // Until the client gives up.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
            None
        }
    })
}
