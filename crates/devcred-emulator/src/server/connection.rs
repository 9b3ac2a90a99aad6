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
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::http::content::Chunks;
use crate::journal::exchange::RecordedWire;
use crate::server::stream::Wire;
use crate::server::tls::Speech;
use crate::service::Service;

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

    /// Takes the connection from HTTP after this time, whatever is on it then.
    pub(crate) fn end_later(&self, time: Duration, ending: Ending) {
        let endings = self.endings.clone();
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let _ = endings.try_send(ending);
        });
    }
}

/// How a connection is taken from HTTP, whether it speaks TLS or not.
pub(crate) enum Ending {
    Close,
    Reset,
    /// A TLS record that cannot be decrypted, then it is closed.
    Corrupt,
    /// These bytes are written, a byte at a time if there is a pause; then it is closed unless it stays open.
    Write {
        chunks: Chunks,
        pause: Option<Duration>,
        stays_open: bool,
    },
}

/// Application data, of 32 bytes that no key has encrypted.
const CORRUPT_RECORD: [u8; 37] = {
    let mut record = [0xAA; 37];
    [record[0], record[1], record[2], record[3], record[4]] = [23, 3, 3, 0, 32];
    record
};

impl Ending {
    /// Whether the connection stays open.
    async fn play(self, wire: &mut Box<dyn Wire>) -> io::Result<bool> {
        match self {
            Self::Close => {}
            Self::Reset => {
                wire.tcp().set_zero_linger()?;
                return Ok(false);
            }
            Self::Corrupt => {
                wire.tcp().writable().await?;
                wire.tcp().try_write(&CORRUPT_RECORD)?;
            }
            Self::Write { chunks, pause: None, stays_open } => {
                // What is short goes out at once, so that a client finds all of it.
                let mut buffered = BufWriter::with_capacity(MAX_HEAD, &mut *wire);
                for chunk in chunks {
                    buffered.write_all(&chunk).await?;
                }
                buffered.flush().await?;
                if stays_open {
                    return Ok(true);
                }
            }
            Self::Write { chunks, pause: Some(pause), .. } => {
                for byte in chunks.flat_map(Bytes::into_iter) {
                    wire.write_all(&[byte]).await?;
                    wire.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        wire.shutdown().await?;
        Ok(false)
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
    let Ok(Some(mut wire)) = greet(stream, &speech, service.read_timeout).await else {
        return;
    };
    if let Some(exchanges) = &service.exchanges {
        let exchanges = Arc::clone(exchanges);
        wire = Box::new(RecordedWire { wire, exchanges, connection: open.number, current: None });
    }
    let (endings, mut ending) = mpsc::channel(1);
    let socket = Socket { connection: open.number, peer: peer.ip(), endings };
    loop {
        let router = TowerToHyperService::new(router.clone());
        let with_socket = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
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
        wire = http.into_parts().io.into_inner();
        if !ending.play(&mut wire).await.unwrap_or(false) {
            return;
        }
    }
}

/// What HTTP is spoken over; `None` if it is not spoken at all.
async fn greet(mut stream: TcpStream, speech: &Speech, limit: Duration) -> io::Result<Option<Box<dyn Wire>>> {
    match speech {
        Speech::Plain => return Ok(Some(Box::new(stream))),
        Speech::Tls(acceptor) => {
            let stream = timeout(limit, acceptor.accept(stream)).await??;
            return Ok(Some(Box::new(stream)));
        }
        Speech::Alert(description) => {
            timeout(limit, stream.peek(&mut [0])).await??;
            // A record of TLS 1.2, which every version understands: an alert of two bytes, fatal.
            stream.write_all(&[21, 3, 3, 0, 2, 2, *description]).await?;
            stream.shutdown().await?;
        }
        Speech::Close => {
            timeout(limit, stream.peek(&mut [0])).await??;
            stream.shutdown().await?;
        }
        Speech::Reset => {
            timeout(limit, stream.peek(&mut [0])).await??;
            stream.set_zero_linger()?;
            return Ok(None);
        }
        Speech::Silent => {}
    }
    // Until the client gives up: a socket that is closed with bytes unread would be reset.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(None)
}
