//! The stub server: responds to every request with the credential of the requested device, checks
//! nothing, and keeps connections open. It does as little as possible, because its time would hide
//! the difference between the contenders.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

/// The process of the stub server.
pub(crate) struct Stub {
    pub(crate) endpoint: String,
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Stub {
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("stub")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the stub server")?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("stdin and stdout are not pipes")?;
        let mut stub = Self { endpoint: String::new(), process, stdin, stdout: BufReader::new(stdout) };
        stub.endpoint = stub.read_line()?;
        ensure!(!stub.endpoint.is_empty(), "the stub server printed no address");
        Ok(stub)
    }

    /// Returns how many connections it has accepted.
    pub(crate) fn connections(&mut self) -> Result<u32> {
        writeln!(self.stdin)?;
        self.read_line()?.parse().context("the stub server printed no number")
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

static CONNECTIONS: AtomicU32 = AtomicU32::new(0);

/// Serves until stdin is closed, and therefore ends with the benchmark, even if that crashes.
/// Prints its address, and for each line of stdin how many connections it has accepted.
pub(crate) fn serve() -> Result<()> {
    std::thread::spawn(|| {
        for _ in io::stdin().lines().map_while(Result::ok) {
            println!("{}", CONNECTIONS.load(Ordering::Relaxed));
        }
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            CONNECTIONS.fetch_add(1, Ordering::Relaxed);
            stream.set_nodelay(true)?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
            tokio::spawn(connection);
        }
    })
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let query = request.uri().query().unwrap_or_default();
    let (client_id, instance_id) = (parameter(query, "ClientId="), parameter(query, "InstanceId="));
    let body = body(&client_id, &instance_id);
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    Ok(response)
}

pub(crate) const JSON: &str = "application/json;charset=utf-8";

/// Returns the body of a response. The ids of the benchmark need no escaping in JSON.
pub(crate) fn body(client_id: &str, instance_id: &str) -> String {
    format!(
        r#"{{"RequestId":"07AB2E7F-1EF8-4D08-A423-D58E3A26FF01","DeviceCredential":{{"ClientId":"{client_id}","InstanceId":"{instance_id}","DeviceAccessKeyId":"DC.Z5fV0AQ1nW7yBSpxJ3mE","DeviceAccessKeySecret":"qGhVyTz0WYFN8dB5kPc2RXuLsJ7oaEMi","CreateTime":1605541382000,"UpdateTime":1605541382000}}}}"#
    )
}

fn parameter<'a>(query: &'a str, prefix: &str) -> std::borrow::Cow<'a, str> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(prefix));
    percent_decode_str(value.unwrap_or_default()).decode_utf8_lossy()
}
