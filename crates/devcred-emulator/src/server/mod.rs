//! The server: listeners, connections and routes. This file has the router.

pub(crate) mod api;
pub(crate) mod connection;
pub(crate) mod control;
pub(crate) mod host_check;
pub(crate) mod listener;
pub(crate) mod proxy;
pub(crate) mod stream;
pub(crate) mod tls;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::middleware::{Next, from_fn_with_state, map_response_with_state};
use axum::response::Response;

use crate::http::content::Content;
use crate::http::response::ResponseWriter;
use crate::service::Service;

pub(crate) fn router(service: &Arc<Service>) -> Router {
    let add_date = map_response_with_state(Arc::clone(service), add_date);
    Router::new()
        .nest("/_devcred", control::router().layer(add_date))
        .fallback(api::serve)
        .layer(from_fn_with_state(Arc::clone(service), check_host))
        .with_state(Arc::clone(service))
}

async fn check_host(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    match host_check::check(request.headers(), service.name) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let writer = ResponseWriter::new(service.random.uuid(), service.date(), request.headers());
            writer.refuse(&refusal).map(Content::into_body)
        }
    }
}

async fn add_date(State(service): State<Arc<Service>>, mut response: Response) -> Response {
    response.headers_mut().insert(DATE, service.date());
    response
}
