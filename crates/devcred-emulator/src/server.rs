//! The listener: the accept loop, one connection, and what every answer has in common.

use std::future::Future;
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::service::Service;
use crate::{api, control, guard};

/// A second handle of a connection's socket, so that a fault can do with it what no answer could.
#[derive(Clone)]
pub(crate) struct Socket {
    pub(crate) connection: u64,
    stream: Arc<std::net::TcpStream>,
    closed: Arc<Notify>,
}

impl Socket {
    fn new(stream: TcpStream, connection: u64) -> std::io::Result<(Self, TcpStream)> {
        let stream = stream.into_std()?;
        let second = Arc::new(stream.try_clone()?);
        Ok((Self { connection, stream: second, closed: Arc::default() }, TcpStream::from_std(stream)?))
    }

    /// Ends the connection and, with it, the request it is serving.
    pub(crate) fn close(&self) {
        // It fails where the client has closed it already.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.closed.notify_one();
    }
}

/// Accepts connections until `stop`, then closes those that are open.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future) {
    let router = router(&service);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, Arc::clone(&service), router.clone()));
                }
                // Out of file descriptors, most likely: to try again at once would only burn the processor.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stop => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, service: Arc<Service>, router: Router) {
    // Dropped last: a connection counts as open until its sockets are closed.
    let open = service.recorder.connection_opened();
    let _ = stream.set_nodelay(true);
    let Ok((socket, stream)) = Socket::new(stream, open.number) else {
        return;
    };
    let router = TowerToHyperService::new(router);
    let in_request = socket.clone();
    let with_socket = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(in_request.clone());
        router.call(request)
    });
    let connection = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), with_socket);
    tokio::select! {
        // How a connection ends is the client's business; what became of its call stands in the journal.
        _ = connection => {}
        () = socket.closed.notified() => {}
    }
}

fn router(service: &Arc<Service>) -> Router {
    Router::new()
        .nest("/_devcred", control::router())
        .fallback(api::answer)
        .layer(middleware::from_fn_with_state(Arc::clone(service), guarded_and_dated))
        .with_state(Arc::clone(service))
}

async fn guarded_and_dated(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let mut response = match guard::check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let (head, _) = request.into_parts();
            api::refuse(&refusal, &service.random.uuid(), &api::host(&head))
        }
    };
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(service.clock.now())) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// An answer in JSON, as the service sends it.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response {
    // What is written here are maps with keys of text, which cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}
