//! What a call does when the server has closed a kept-alive connection.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{CREDENTIAL, answer, builder};
use devcred::{AccessKey, Client, ClientBuilder, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

/// A server that answers the first few requests of each connection, and closes it without an answer
/// to the next.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// The first answers are written when requests on `together` connections have arrived.
    async fn start(answers: impl Fn(usize) -> usize + Send + 'static, together: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (opened, came) = (Arc::clone(&connections), Arc::clone(&requests));
        let barrier = Arc::new(Barrier::new(together));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let number = opened.fetch_add(1, Ordering::Relaxed);
                let (came, barrier, answers) = (Arc::clone(&came), Arc::clone(&barrier), answers(number));
                tokio::spawn(async move {
                    for _ in 0..answers {
                        if !read_head(&mut socket).await {
                            return;
                        }
                        came.fetch_add(1, Ordering::Relaxed);
                        if number < barrier_size(together) {
                            barrier.wait().await;
                        }
                        socket.write_all(&answer("200 OK", &[], CREDENTIAL.as_bytes())).await.unwrap();
                    }
                    if read_head(&mut socket).await {
                        came.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { address, connections, requests }
    }

    fn builder(&self) -> ClientBuilder {
        let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
        builder().endpoint(format!("http://{}", self.address)).access_key(key).max_attempts(1)
    }

    fn counts(&self) -> (usize, usize) {
        (self.connections.load(Ordering::Relaxed), self.requests.load(Ordering::Relaxed))
    }
}

/// A single connection waits for no other.
fn barrier_size(together: usize) -> usize {
    if together > 1 { together } else { 0 }
}

async fn read_head(socket: &mut tokio::net::TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return false };
        head.push(byte);
    }
    true
}

async fn call(client: &Client) -> Result<(), devcred::Error> {
    client.get_device_credential("GID_test@@@test").await.map(drop)
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_costs_no_attempt() {
    let server = Server::start(|_| 1, 1).await;
    let client = server.builder().build().unwrap();
    call(&client).await.unwrap();
    call(&client).await.unwrap();
    assert_eq!(server.counts(), (2, 3));
}

#[tokio::test]
async fn each_call_uses_at_most_one_connection_of_a_pool_that_was_closed() {
    let server = Server::start(|_| 1, 8).await;
    let client = server.builder().build().unwrap();
    let calls: Vec<_> =
        (0..8).map(|_| tokio::spawn(client.get_device_credential("GID_test@@@test").into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.counts(), (8, 8));
    call(&client).await.unwrap();
    assert_eq!(server.counts(), (9, 10));
}

#[tokio::test]
async fn a_request_is_sent_again_once_and_only_from_a_kept_connection() {
    let server = Server::start(|number| usize::from(number == 0), 1).await;
    let client = server.builder().build().unwrap();
    call(&client).await.unwrap();
    for (counts, what) in [((2, 3), "on the kept connection and on a new one"), ((3, 4), "on a new one")] {
        let error = call(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
        assert!(error.message().ends_with("(attempt 1 of 1), possibly billed"), "{error}");
        assert_eq!(server.counts(), counts, "{what}");
    }
}

#[tokio::test]
async fn a_registration_is_not_sent_again_from_a_kept_connection() {
    let server = Server::start(|_| 1, 1).await;
    let client = server.builder().max_attempts(3).build().unwrap();
    call(&client).await.unwrap();
    let error = client.register_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 1, false), "{error}");
    assert!(error.message().contains("kept-alive"), "{error}");
    assert_eq!(server.counts(), (1, 2));
}

#[tokio::test]
async fn a_request_that_is_sent_again_takes_a_slot_of_the_rate_limiter() {
    let server = Server::start(|_| 1, 1).await;
    let client = server.builder().max_requests_per_second(1).timeout(Duration::from_millis(500)).build().unwrap();
    // Each second call needs two: the burst of ten is used up by seven calls.
    for _ in 0..7 {
        call(&client).await.unwrap();
    }
    assert_eq!(server.counts(), (7, 10));
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
}

#[tokio::test]
async fn a_connection_is_not_kept_for_longer_than_the_service_keeps_it() {
    let server = Server::start(|_| 3, 1).await;
    let client = server.builder().build().unwrap();
    call(&client).await.unwrap();
    call(&client).await.unwrap();
    assert_eq!(server.counts(), (1, 2));
    // The service closes after about 10 seconds, the client after 5. This server never does.
    tokio::time::sleep(Duration::from_secs(6)).await;
    call(&client).await.unwrap();
    assert_eq!(server.counts(), (2, 3));
}
