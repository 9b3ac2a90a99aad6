//! A server with one fixed response, and a listener that reads the ALPN protocols of TLS clients.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::server::Acceptor;

pub(crate) struct StubResponse {
    headers: String,
    body: Vec<u8>,
}

impl StubResponse {
    pub(crate) fn plain(body: &str) -> Self {
        Self { headers: String::new(), body: body.into() }
    }

    pub(crate) fn encoded(encoding: &str, body: Vec<u8>) -> Self {
        Self { headers: format!("Content-Encoding: {encoding}\r\n"), body }
    }
}

/// Responds to every request in the same way, on threads that end with the test program.
pub(crate) struct Stub {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// The head of a request, as lines. The requests of these tests have no body.
pub(crate) type Request = Vec<String>;

impl Stub {
    pub(crate) fn start(response: StubResponse) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (requests, response) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::new(response));
        let received = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (received, response) = (Arc::clone(&received), Arc::clone(&response));
                thread::spawn(move || serve(&stream, &received, &response));
            }
        });
        Self { endpoint, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn header_of_only_request(&self, name: &str) -> Option<String> {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        let mut headers = requests.iter().flatten().filter_map(|line| line.split_once(": "));
        headers.find_map(|(header, value)| header.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    }
}

fn serve(stream: &TcpStream, received: &Mutex<Vec<Request>>, response: &StubResponse) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let head: Request = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        if head.is_empty() {
            return;
        }
        received.lock().unwrap().push(head);
        let StubResponse { headers, body } = response;
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n");
        let mut stream = stream;
        // Fails if the client has disconnected; then no further request follows.
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
    }
}

/// Starts an `https` endpoint that closes every connection after the client hello, and returns it
/// with a receiver of the protocols that each client offers (ALPN).
pub(crate) fn start_tls_listener() -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut acceptor = Acceptor::default();
            let accepted = loop {
                acceptor.read_tls(&mut stream).unwrap();
                if let Some(accepted) = acceptor.accept().expect("a client hello") {
                    break accepted;
                }
            };
            let hello = accepted.client_hello();
            let protocols = hello.alpn().into_iter().flatten();
            // Fails if the test has ended.
            let _ = sender.send(protocols.map(|name| String::from_utf8_lossy(name).into_owned()).collect());
        }
    });
    (endpoint, receiver)
}
