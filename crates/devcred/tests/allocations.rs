//! How often a call allocates memory, counted in the thread that makes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use common::{answer, builder};
use devcred::AccessKey;

/// More than half of them are reqwest's.
const MAX: u64 = 75;

const CALLS: u64 = 100;

const CREDENTIAL: &str = r#"{"RequestId":"020F6A43-19E6-4B6E-B846-44EB31DF****","DeviceCredential":{"ClientId":"GID_test@@@test",
    "InstanceId":"post-cn-0pp12gl****","DeviceAccessKeyId":"DC.Z5fq****","DeviceAccessKeySecret":"DC.secret",
    "CreateTime":1605541382000,"UpdateTime":1605541382000}}"#;

#[test]
fn a_call_on_a_kept_connection_allocates_at_most_75_times() {
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint(format!("http://{}", server())).access_key(key);
    let client = client.max_requests_per_second(1_000_000).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let make_calls = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                client.get_device_credential("GID_test@@@test").await.unwrap();
            }
        });
    };
    make_calls();
    let count = allocation_counter::measure(make_calls).count_total / CALLS;
    assert!(count <= MAX, "{count} allocations");
}

/// Starts a server for one connection, in another thread, so that its allocations do not count.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let answer = answer("200 OK", &[], CREDENTIAL.as_bytes());
        let (mut head, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let length = socket.read(&mut part).unwrap_or_default();
            if length == 0 {
                return;
            }
            head.extend_from_slice(&part[..length]);
            if head.ends_with(b"\r\n\r\n") {
                head.clear();
                socket.write_all(&answer).unwrap();
            }
        }
    });
    address
}
