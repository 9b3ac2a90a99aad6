//! A connection: serves HTTP until a fault ends it.

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
use crate::journal::exchange::RecordedStream;
use crate::server::stream::Stream;
use crate::server::tls::Protocol;
use crate::service::Service;

/// Far longer than the head of any request to the service.
const MAX_HEAD: usize = 64 * 1024;

/// Identifies a request's connection, and can end it.
#[derive(Clone)]
pub(crate) struct ConnectionHandle {
    pub(crate) number: u64,
    pub(crate) peer: IpAddr,
    ends: mpsc::Sender<ConnectionEnd>,
}

impl ConnectionHandle {
    /// Ends the connection and its request. This never returns, because the future of the request
    /// is dropped.
    pub(crate) async fn end<T>(&self, end: ConnectionEnd) -> T {
        // An error means that the connection is already ending.
        let _ = self.ends.try_send(end);
        pending().await
    }

    /// Ends the connection after this time, even if another request is on it.
    pub(crate) fn end_after(&self, time: Duration, end: ConnectionEnd) {
        let ends = self.ends.clone();
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let _ = ends.try_send(end);
        });
    }
}

/// How a connection ends outside HTTP, with or without TLS.
pub(crate) enum ConnectionEnd {
    Close,
    Reset,
    /// Writes a TLS record that cannot be decrypted, then closes the connection.
    Corrupt,
    /// Writes these bytes, one at a time if there is a pause. Then it closes the connection unless
    /// it stays open.
    Write {
        chunks: Chunks,
        pause: Option<Duration>,
        stays_open: bool,
    },
}

/// A record of application data: 32 bytes that were not encrypted with any key.
const CORRUPT_RECORD: [u8; 37] = {
    let mut record = [0xAA; 37];
    [record[0], record[1], record[2], record[3], record[4]] = [23, 3, 3, 0, 32];
    record
};

impl ConnectionEnd {
    /// Ends the connection. Returns whether it stays open after all.
    async fn apply(self, stream: &mut Box<dyn Stream>) -> io::Result<bool> {
        match self {
            Self::Close => {}
            Self::Reset => {
                stream.tcp().set_zero_linger()?;
                return Ok(false);
            }
            Self::Corrupt => {
                stream.tcp().writable().await?;
                stream.tcp().try_write(&CORRUPT_RECORD)?;
            }
            Self::Write { chunks, pause: None, stays_open } => {
                // Buffered, so that a client gets a short response in one piece.
                let mut buffered = BufWriter::with_capacity(MAX_HEAD, &mut *stream);
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
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        stream.shutdown().await?;
        Ok(false)
    }
}

pub(crate) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    service: Arc<Service>,
    protocol: Arc<Protocol>,
    router: Router,
) {
    // Dropped last, so that the connection counts as open until its socket is closed.
    let open = service.recorder.open_connection();
    if service.is_blocked(peer.ip()) {
        return;
    }
    let _ = stream.set_nodelay(true);
    // An error of the connection concerns only the client; the journal has the end of each call.
    let Ok(Some(mut stream)) = handshake(stream, &protocol, service.read_timeout).await else {
        return;
    };
    if let Some(exchanges) = &service.exchanges {
        let exchanges = Arc::clone(exchanges);
        stream = Box::new(RecordedStream { stream, exchanges, connection: open.number, current: None });
    }
    let (ends, mut end) = mpsc::channel(1);
    let handle = ConnectionHandle { number: open.number, peer: peer.ip(), ends };
    loop {
        let router = TowerToHyperService::new(router.clone());
        let with_handle = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(handle.clone());
            router.call(request)
        });
        let mut http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(service.read_timeout)
            .max_header_size(MAX_HEAD)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), with_handle);
        let end = tokio::select! {
            _ = &mut http => return,
            Some(end) = end.recv() => end,
        };
        // This drops the request with the connection's future, so that the call ends before the
        // client can notice.
        stream = http.into_parts().io.into_inner();
        if !end.apply(&mut stream).await.unwrap_or(false) {
            return;
        }
    }
}

/// Returns the stream to serve HTTP on, or `None` if there is no HTTP on this connection.
async fn handshake(mut stream: TcpStream, protocol: &Protocol, limit: Duration) -> io::Result<Option<Box<dyn Stream>>> {
    match protocol {
        Protocol::Plain => return Ok(Some(Box::new(stream))),
        Protocol::Tls(acceptor) => {
            let stream = timeout(limit, acceptor.accept(stream)).await??;
            return Ok(Some(Box::new(stream)));
        }
        Protocol::Alert(description) => {
            timeout(limit, stream.peek(&mut [0])).await??;
            // A TLS 1.2 record, which every version understands: a fatal alert of two bytes.
            stream.write_all(&[21, 3, 3, 0, 2, 2, *description]).await?;
            stream.shutdown().await?;
        }
        Protocol::Close => {
            timeout(limit, stream.peek(&mut [0])).await??;
            stream.shutdown().await?;
        }
        Protocol::Reset => {
            timeout(limit, stream.peek(&mut [0])).await??;
            stream.set_zero_linger()?;
            return Ok(None);
        }
        Protocol::Silent => {}
    }
    // Wait until the client closes: closing a socket with unread bytes would reset it.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(None)
}
