//! The bytes of requests and responses, recorded only if a test asks for them.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::server::stream::Stream;
use crate::sync::lock;

/// Older exchanges are dropped.
const KEPT_EXCHANGES: usize = 1000;

/// A request and its response, as bytes. Unlike a [`RecordedCall`](crate::RecordedCall), it
/// contains the secrets that were sent.
///
/// With TLS, these are the bytes inside TLS. An unsolicited response belongs to the request before
/// it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Exchange {
    /// The number of the connection, as in
    /// [`RecordedCall::connection`](crate::RecordedCall::connection).
    pub connection: u64,
    /// The bytes that the client sent.
    pub request: Recorded,
    /// The bytes that the emulator has sent so far.
    pub response: Recorded,
}

/// The first bytes that one side sent.
#[derive(Clone, Default)]
pub struct Recorded {
    bytes: Vec<u8>,
    length: usize,
}

impl Recorded {
    /// How many bytes are kept at most.
    pub const KEPT: usize = 4096;

    /// Returns the first bytes, at most [`KEPT`](Self::KEPT).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many bytes were sent after these.
    pub fn omitted(&self) -> usize {
        self.length - self.bytes.len()
    }

    fn extend(&mut self, bytes: &[u8]) {
        let left = Self::KEPT - self.bytes.len();
        self.bytes.extend(bytes.iter().take(left));
        self.length += bytes.len();
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Exchange");
        debug.field("connection", &self.connection).field("request", &self.request);
        debug.field("response", &self.response).finish()
    }
}

/// Hides the bytes, because they contain secrets.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.length)
    }
}

/// The exchanges of all connections, in the order in which their requests began to arrive.
#[derive(Default)]
pub(crate) struct Exchanges(Mutex<VecDeque<Arc<Mutex<Exchange>>>>);

impl Exchanges {
    pub(crate) fn all(&self) -> Vec<Exchange> {
        lock(&self.0).iter().map(|exchange| lock(exchange).clone()).collect()
    }

    fn start(&self, connection: u64) -> Arc<Mutex<Exchange>> {
        let exchange = Arc::new(Mutex::new(Exchange { connection, ..Exchange::default() }));
        let mut exchanges = lock(&self.0);
        exchanges.push_back(Arc::clone(&exchange));
        if exchanges.len() > KEPT_EXCHANGES {
            exchanges.pop_front();
        }
        exchange
    }
}

/// A connection whose bytes are recorded.
pub(crate) struct RecordedStream {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) connection: u64,
    pub(crate) current: Option<Arc<Mutex<Exchange>>>,
}

impl RecordedStream {
    /// Returns the current exchange, or a new one if `is_over` is true of the current one.
    fn current(&mut self, is_over: impl FnOnce(&Exchange) -> bool) -> Arc<Mutex<Exchange>> {
        match &self.current {
            Some(current) if !is_over(&lock(current)) => Arc::clone(current),
            _ => Arc::clone(self.current.insert(self.exchanges.start(self.connection))),
        }
    }
}

impl AsyncRead for RecordedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = buffer.filled().get(filled..).unwrap_or_default();
        if !read.is_empty() {
            // A read after the response has begun belongs to the next request.
            let current = self.current(|exchange| exchange.response.length > 0);
            lock(&current).request.extend(read);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for RecordedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let current = self.current(|_| false);
        // Locked during the write, so that a client that has read the bytes finds them recorded.
        let mut exchange = lock(&current);
        let mut written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, buffers))?;
        let all = written;
        for buffer in buffers {
            let part = buffer.get(..written.min(buffer.len())).unwrap_or_default();
            exchange.response.extend(part);
            written -= part.len();
        }
        Poll::Ready(Ok(all))
    }

    /// Returns what the inner stream does, because it decides how much of a body HTTP buffers.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Stream for RecordedStream {
    fn tcp(&self) -> &TcpStream {
        self.stream.tcp()
    }
}
