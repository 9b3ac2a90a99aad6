//! Accepts connections, and closes them all at shutdown.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::start_error::StartError;

/// Its `changed` returns an error at shutdown, when the sender is dropped.
pub(crate) type ShutdownSignal = watch::Receiver<()>;

pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    /// Connections that fill the queue of a black hole.
    queued: Vec<TcpStream>,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, StartError> {
        let cannot_listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        Ok(Self { address, listener, queued: Vec::new() })
    }

    /// Binds a listener that neither accepts nor refuses connections, because its queue is full.
    pub(crate) async fn bind_black_hole(address: SocketAddr) -> Result<Self, StartError> {
        /// Loopback connects at once if the queue has room.
        const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
        let cannot_listen = |source| StartError::Listen { address, source };
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(cannot_listen)?;
        socket.bind(address).map_err(cannot_listen)?;
        let listener = socket.listen(1).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let mut queued = Vec::new();
        while let Ok(stream) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            queued.push(stream.map_err(cannot_listen)?);
        }
        Ok(Self { address, listener, queued })
    }

    /// Binds a port that the system chooses.
    pub(crate) async fn bind_any_port(ip: IpAddr) -> Result<Self, StartError> {
        Self::bind(SocketAddr::new(ip, 0)).await
    }

    /// Serves each connection until shutdown, then closes the open ones.
    pub(crate) async fn run<F>(self, mut shutdown: ShutdownSignal, serve: impl Fn(TcpStream, SocketAddr) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.queued.is_empty() {
            let _ = shutdown.changed().await;
            return;
        }
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn(serve(stream, peer));
                    }
                    // Probably out of file descriptors: an immediate retry would only use up the
                    // processor.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
                Some(_) = connections.join_next() => {}
                _ = shutdown.changed() => break,
            }
        }
        drop(self.listener);
        connections.shutdown().await;
    }
}
