//! The control routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::http::response::json as respond;
use crate::service::Service;
use crate::service::error::Refusal;
use crate::service::operation::check_client_id;

pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/health", get(health))
        .route("/calls", get(calls).delete(clear_calls))
        .route("/devices/{client_id}", get(device).put(put_device).delete(delete_device))
        .fallback(async || respond(404, &json!({"message": "The emulator has no such control route."})))
}

async fn health() -> Response {
    respond(200, &json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn calls(State(service): State<Arc<Service>>) -> Response {
    let journal = service.recorder.journal.borrow();
    respond(
        200,
        &json!({
            "accepted_connections": journal.accepted_connections(),
            "open_connections": journal.open_connections(),
            "peak_connections": journal.peak_connections(),
            "calls": journal.calls().collect::<Vec<_>>(),
        }),
    )
}

async fn clear_calls(State(service): State<Arc<Service>>) -> StatusCode {
    service.recorder.clear_calls();
    StatusCode::NO_CONTENT
}

async fn device(State(service): State<Arc<Service>>, Path(client_id): Path<String>) -> Response {
    describe(&service, &client_id)
}

async fn put_device(State(service): State<Arc<Service>>, Path(client_id): Path<String>) -> Response {
    if let Err(Refusal { status, message, .. }) = check_client_id(&client_id) {
        return respond(status, &json!({"message": message}));
    }
    service.devices().put(&client_id);
    describe(&service, &client_id)
}

async fn delete_device(State(service): State<Arc<Service>>, Path(client_id): Path<String>) -> Response {
    service.devices().delete(&client_id);
    StatusCode::NO_CONTENT.into_response()
}

/// Describes a device by ids and times, because only the operations return secrets. The status is
/// 404 if the device is unknown and has no credential.
fn describe(service: &Service, client_id: &str) -> Response {
    let devices = service.devices();
    let known = devices.is_known(client_id);
    let credentials: Vec<Value> = devices
        .credentials(client_id)
        .map(|(instance_id, credential)| {
            json!({
                "instance_id": instance_id,
                "device_access_key_id": credential.access_key_id,
                "create_time": credential.create_time,
                "update_time": credential.update_time,
            })
        })
        .collect();
    let status = if known || !credentials.is_empty() { 200 } else { 404 };
    respond(status, &json!({"client_id": client_id, "known": known, "credentials": credentials}))
}
