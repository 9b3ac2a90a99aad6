//! The way of a request: from what arrived to its answer or its fault.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::{Map, Value};

use crate::authenticate::authenticate;
use crate::call::Call;
use crate::error::Refusal;
use crate::fault::Fault;
use crate::journal::OpenCall;
use crate::operation::{Operation, Order};
use crate::request::{ApiRequest, Received};
use crate::server::{Socket, json};
use crate::service::Service;

/// More than any request of these operations needs.
const MAX_BODY: usize = 64 * 1024;

/// A request whose body does not arrive in full is no call: it is not in the journal.
pub(crate) async fn answer(
    State(service): State<Arc<Service>>,
    Extension(socket): Extension<Socket>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let request_id = service.random.uuid();
    let Some(received) = receive(&head, body).await else {
        let why = "The body of the request did not arrive in full or is larger than 64 KiB.";
        let refusal = Refusal::new("InvalidParameter").message(why.to_owned());
        return refuse(&refusal, &request_id, &host(&head));
    };
    let request = ApiRequest::read(&received);
    let call = Call::arrived(&received, request.as_ref().ok(), &service, socket.connection, request_id.clone());
    let mut call = service.recorder.begin(call);

    let fulfilled = match request {
        Ok(request) => fulfil(&service, &received, &request, &socket, &mut call).await,
        Err(refusal) => Err(refusal),
    };
    match fulfilled {
        Ok(answer) => {
            call.answered(200, None);
            succeed(answer, &request_id)
        }
        Err(refusal) => {
            call.answered(refusal.status, Some(&refusal));
            refuse(&refusal, &request_id, &host(&head))
        }
    }
}

/// Checks, then the fault of the device, then the operation.
async fn fulfil(
    service: &Service,
    received: &Received,
    request: &ApiRequest,
    socket: &Socket,
    call: &mut OpenCall,
) -> Result<Map<String, Value>, Refusal> {
    let Verdict { order, fault } = judge(service, received, request)?;
    if let Some(fault) = fault {
        fault.play(socket, call).await?;
    }
    order.carry_out(service)
}

/// What a request that passes every check asks for, and how its device misbehaves.
pub(crate) struct Verdict {
    pub(crate) order: Order,
    fault: Option<Fault>,
}

/// Every check, in order: the path, the operation, who sends it, its parameters, instance and device.
pub(crate) fn judge(service: &Service, received: &Received, request: &ApiRequest) -> Result<Verdict, Refusal> {
    if received.path != "/" {
        return Err(Refusal::new("InvalidApi.NotFound"));
    }
    let operation = Operation::of(request, &received.method)?;
    check_format(request)?;
    authenticate(service, received, request)?;
    let order = operation.order(request)?;
    order.check(&service.devices())?;
    let fault = order.client_id().and_then(|client_id| service.rounds().next(client_id));
    Ok(Verdict { order, fault })
}

/// The service knows both forms; the answer is JSON for either.
fn check_format(request: &ApiRequest) -> Result<(), Refusal> {
    match request.parameter("Format") {
        Some(format) if !["JSON", "XML"].iter().any(|known| format.eq_ignore_ascii_case(known)) => {
            Err(Refusal::new("InvalidParameter.Format"))
        }
        _ => Ok(()),
    }
}

async fn receive(head: &Parts, body: Body) -> Option<Received> {
    let body = to_bytes(body, MAX_BODY).await.ok()?;
    let headers = head.headers.iter();
    Some(Received {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.into(),
    })
}

fn succeed(mut answer: Map<String, Value>, request_id: &str) -> Response {
    answer.insert("RequestId".to_owned(), request_id.into());
    with_request_id(json(200, &answer), request_id)
}

/// A refusal in the service's form.
pub(crate) fn refuse(refusal: &Refusal, request_id: &str, host: &str) -> Response {
    with_request_id(json(refusal.status, &refusal.body(request_id, host)), request_id)
}

fn with_request_id(mut response: Response, request_id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-acs-request-id"), value);
    }
    response
}

/// The `Host` header as it came.
pub(crate) fn host(head: &Parts) -> String {
    head.headers.get("host").map(text).unwrap_or_default()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
