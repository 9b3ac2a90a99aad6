//! The stub server: responds to every request with the credential of the requested device, checks
//! nothing, and keeps connections open. It does as little as possible, because its time would hide
//! the difference between the contenders.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
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
}

impl Stub {
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--stub-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("stdout is not a pipe")?;
        let mut endpoint = String::new();
        BufReader::new(output).read_line(&mut endpoint)?;
        let endpoint = endpoint.trim_end().to_owned();
        ensure!(!endpoint.is_empty(), "it printed no address");
        Ok(Self { endpoint, process })
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until stdin is closed, and therefore ends with the benchmark, even if that crashes.
pub(crate) fn serve() -> Result<()> {
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
            tokio::spawn(connection);
        }
    })
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let query = request.uri().query().unwrap_or_default();
    // The ids of the benchmark need no escaping in JSON.
    let (client_id, instance_id) = (parameter(query, "ClientId="), parameter(query, "InstanceId="));
    let body = format!(
        r#"{{"RequestId":"07AB2E7F-1EF8-4D08-A423-D58E3A26FF01","DeviceCredential":{{"ClientId":"{client_id}","InstanceId":"{instance_id}","DeviceAccessKeyId":"DC.Z5fV0AQ1nW7yBSpxJ3mE","DeviceAccessKeySecret":"qGhVyTz0WYFN8dB5kPc2RXuLsJ7oaEMi","CreateTime":1605541382000,"UpdateTime":1605541382000}}}}"#
    );
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let json = hyper::header::HeaderValue::from_static("application/json;charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

fn parameter<'a>(query: &'a str, prefix: &str) -> std::borrow::Cow<'a, str> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(prefix));
    percent_decode_str(value.unwrap_or_default()).decode_utf8_lossy()
}
