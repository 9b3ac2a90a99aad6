//! The route of the service's API: parses a request, checks it, and runs its step.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use tokio::time::timeout;

use crate::fault::run::CheckedRequest;
use crate::http::content::Content;
use crate::http::request::{ApiRequest, HttpRequest};
use crate::http::response::{Format, ResponseWriter, text};
use crate::journal::call::RecordedCall;
use crate::server::connection::{ConnectionEnd, ConnectionHandle};
use crate::service::Service;
use crate::service::access_key::SecurityTokenPresented;
use crate::service::authenticate::authenticate;
use crate::service::error::Refusal;
use crate::service::operation::{Command, Operation};

/// More than any request of these operations needs.
const MAX_BODY: usize = 64 * 1024;

/// Responds to a request of the API. A request from a blocked address, or whose body does not
/// arrive in full, is not recorded in the journal.
pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    Extension(connection): Extension<ConnectionHandle>,
    request: Request,
) -> Response {
    if !service.admit_request(connection.peer) {
        return connection.end(ConnectionEnd::Close).await;
    }
    let (head, body) = request.into_parts();
    let mut writer = ResponseWriter::new(service.random.uuid(), service.date(), &head.headers);
    let Some(http) = read_request(&head, body, service.read_timeout).await else {
        let why = "The body of the request did not arrive in full or is larger than 64 KiB.";
        let refusal = Refusal::new("InvalidParameter").with_message(why.to_owned());
        return writer.refuse(&refusal).map(Content::into_body);
    };
    let request = ApiRequest::read(&http);
    writer.format = Format::for_request(&http, request.as_ref().ok());
    let request_id = writer.request_id.clone();
    let readable = request.as_ref().ok();
    let token = readable.map_or(SecurityTokenPresented::Absent, |request| service.access_keys.compare(request));
    let call = RecordedCall::new(&http, readable, service.clock.now(), token, connection.number, request_id);
    let call = service.recorder.start_call(call);

    match request.and_then(|request| check(&service, &http, &request)) {
        Ok(command) => {
            let step = service.next_step(command.client_id());
            CheckedRequest { service: &service, connection: &connection, command, writer, call }.run_step(step).await
        }
        Err(refusal) => {
            call.record_response(Some(refusal.status), Some(&refusal));
            writer.refuse(&refusal).map(Content::into_body)
        }
    }
}

/// Makes all checks, in this order: path, operation, signature, the account's quota, parameters,
/// instance and device. Returns the command of a request that passes them.
pub(crate) fn check(service: &Service, http: &HttpRequest, request: &ApiRequest) -> Result<Command, Refusal> {
    if http.path != "/" {
        return Err(Refusal::new("InvalidApi.NotFound"));
    }
    let operation = Operation::from_request(request, &http.method)?;
    check_format(request)?;
    authenticate(service, http, request)?;
    service.admit_call(operation)?;
    let command = operation.parse(request)?;
    command.check(&service.devices())?;
    Ok(command)
}

/// Refuses any format except JSON and XML.
fn check_format(request: &ApiRequest) -> Result<(), Refusal> {
    match request.parameter("Format") {
        Some(format) if !["JSON", "XML"].iter().any(|known| format.eq_ignore_ascii_case(known)) => {
            Err(Refusal::new("InvalidParameter.Format"))
        }
        _ => Ok(()),
    }
}

async fn read_request(head: &Parts, body: Body, limit: Duration) -> Option<HttpRequest> {
    let body = timeout(limit, to_bytes(body, MAX_BODY)).await.ok()?.ok()?;
    let headers = head.headers.iter();
    Some(HttpRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.into(),
    })
}
