//! A server that has one answer, and a listener that reads what a TLS client offers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::server::Acceptor;

pub(crate) struct Answer {
    headers: String,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn plain(body: &str) -> Self {
        Self { headers: String::new(), body: body.into() }
    }

    pub(crate) fn encoded(encoding: &str, body: Vec<u8>) -> Self {
        Self { headers: format!("Content-Encoding: {encoding}\r\n"), body }
    }
}

/// It answers every request alike, on threads that end with the test program.
pub(crate) struct Stub {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// The lines of a request's head: ours have no body.
pub(crate) type Request = Vec<String>;

impl Stub {
    pub(crate) fn answers(answer: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (requests, answer) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::new(answer));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &seen, &answer));
            }
        });
        Self { endpoint, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn header_of_the_only_request(&self, name: &str) -> Option<String> {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        let mut headers = requests.iter().flatten().filter_map(|line| line.split_once(": "));
        headers.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    }
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Request>>, answer: &Answer) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let head: Request = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        if head.is_empty() {
            return;
        }
        seen.lock().unwrap().push(head);
        let Answer { headers, body } = answer;
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n");
        let mut stream = stream;
        // It fails where the client has gone, and then no request follows.
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
    }
}

/// An `https` endpoint that hangs up on every client, and the protocols that each of them offered (ALPN).
pub(crate) fn tls_hello() -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let (offered, receiver) = channel();
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
            // It fails where the test has ended.
            let _ = offered.send(protocols.map(|name| String::from_utf8_lossy(name).into_owned()).collect());
        }
    });
    (endpoint, receiver)
}
