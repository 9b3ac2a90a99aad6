//! The router, and what every route has in common.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response_with_state};
use axum::response::Response;
use serde::Serialize;

use crate::reply::{Envelope, JSON};
use crate::service::Service;
use crate::{api, control, guard};

pub(crate) fn router(service: &Arc<Service>) -> Router {
    let dated = map_response_with_state(Arc::clone(service), dated);
    Router::new()
        .nest("/_devcred", control::router().layer(dated))
        .fallback(api::answer)
        .layer(from_fn_with_state(Arc::clone(service), guarded))
        .with_state(Arc::clone(service))
}

async fn guarded(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    match guard::check(request.headers(), service.name) {
        Ok(()) => next.run(request).await,
        Err(refusal) => Envelope::of(&service, request.headers()).refuse(&refusal).map(|content| content.into_body()),
    }
}

async fn dated(State(service): State<Arc<Service>>, mut response: Response) -> Response {
    response.headers_mut().insert(DATE, service.date());
    response
}

/// An answer of a control route.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response {
    // What is written here are maps with keys of text, which cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
