//! The way of a request: from what arrived to its answer, or to the step it meets.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use tokio::time::timeout;

use crate::fault::run::Scene;
use crate::http::content::Content;
use crate::http::request::{ApiRequest, Received};
use crate::http::response::{Envelope, Form, text};
use crate::journal::call::Call;
use crate::server::connection::{Ending, Socket};
use crate::service::Service;
use crate::service::account::SecurityTokenPresented;
use crate::service::authenticate::authenticate;
use crate::service::error::Refusal;
use crate::service::operation::{Operation, Order};

/// More than any request of these operations needs.
const MAX_BODY: usize = 64 * 1024;

/// A request whose body does not arrive in full, or of an address that is blocked, is no call: it is not in the journal.
pub(crate) async fn answer(
    State(service): State<Arc<Service>>,
    Extension(socket): Extension<Socket>,
    request: Request,
) -> Response {
    if !service.meter_request(socket.peer) {
        return socket.end(Ending::Close).await;
    }
    let (head, body) = request.into_parts();
    let mut envelope = Envelope::of(&service, &head.headers);
    let Some(received) = receive(&head, body, service.read_timeout).await else {
        let why = "The body of the request did not arrive in full or is larger than 64 KiB.";
        let refusal = Refusal::new("InvalidParameter").message(why.to_owned());
        return envelope.refuse(&refusal).map(Content::into_body);
    };
    let request = ApiRequest::read(&received);
    envelope.form = Form::of(&received, request.as_ref().ok());
    let request_id = envelope.request_id.clone();
    let readable = request.as_ref().ok();
    let token = readable.map_or(SecurityTokenPresented::Absent, |request| service.accounts.compare(request));
    let call = Call::arrived(&received, readable, service.clock.now(), token, socket.connection, request_id);
    let call = service.recorder.begin(call);

    match request.and_then(|request| judge(&service, &received, &request)) {
        Ok(order) => {
            let step = service.next_step(order.client_id());
            Scene { service: &service, socket: &socket, order, envelope, call }.play(step).await
        }
        Err(refusal) => {
            call.answered(Some(refusal.status), Some(&refusal));
            envelope.refuse(&refusal).map(Content::into_body)
        }
    }
}

/// Every check, in order: the path, the operation, who sends it, the account's quota, its parameters, instance and device.
/// What is left is what a request that passes them asks for.
pub(crate) fn judge(service: &Service, received: &Received, request: &ApiRequest) -> Result<Order, Refusal> {
    if received.path != "/" {
        return Err(Refusal::new("InvalidApi.NotFound"));
    }
    let operation = Operation::of(request, &received.method)?;
    check_format(request)?;
    authenticate(service, received, request)?;
    service.meter_call(operation)?;
    let order = operation.order(request)?;
    order.check(&service.devices())?;
    Ok(order)
}

/// The service knows both forms.
fn check_format(request: &ApiRequest) -> Result<(), Refusal> {
    match request.parameter("Format") {
        Some(format) if !["JSON", "XML"].iter().any(|known| format.eq_ignore_ascii_case(known)) => {
            Err(Refusal::new("InvalidParameter.Format"))
        }
        _ => Ok(()),
    }
}

async fn receive(head: &Parts, body: Body, limit: Duration) -> Option<Received> {
    let body = timeout(limit, to_bytes(body, MAX_BODY)).await.ok()?.ok()?;
    let headers = head.headers.iter();
    Some(Received {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.into(),
    })
}
