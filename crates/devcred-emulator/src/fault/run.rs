//! Runs the step of a request that passed every check.

use std::future::pending;
use std::iter::once;
use std::mem;

use axum::body::Bytes;
use axum::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Response};
use serde_json::{Map, Value};

use crate::fault::step::{Action, Delivery, ResponseSpec, Source, Step};
use crate::http::content::{Chunks, Content};
use crate::http::response::{Format, ResponseWriter};
use crate::journal::OpenCall;
use crate::journal::call::CallEnd;
use crate::server::connection::{ConnectionEnd, ConnectionHandle};
use crate::service::Service;
use crate::service::error::Refusal;
use crate::service::operation::Command;

/// A request that passed every check.
pub(crate) struct CheckedRequest<'a> {
    pub(crate) service: &'a Service,
    pub(crate) connection: &'a ConnectionHandle,
    pub(crate) command: Command,
    pub(crate) writer: ResponseWriter,
    pub(crate) call: OpenCall,
}

impl CheckedRequest<'_> {
    /// Runs the step and returns the response. If the step has none, it never returns: the future
    /// is dropped with its connection.
    pub(crate) async fn run_step(mut self, step: Step) -> axum::response::Response {
        self.service.clock.jump(step.clock_jump);
        if !step.delay.is_zero() {
            tokio::time::sleep(step.delay).await;
        }
        if let Some(time) = step.close_after {
            self.connection.end_after(time, ConnectionEnd::Close);
        }
        if let Some((time, bytes)) = step.late_bytes {
            let chunks = Box::new(once(bytes));
            self.connection.end_after(time, ConnectionEnd::Write { chunks, pause: None, stays_open: true });
        }
        match step.action {
            Action::Hang => pending().await,
            Action::Close => self.end_unanswered(ConnectionEnd::Close).await,
            Action::Reset => self.end_unanswered(ConnectionEnd::Reset).await,
            Action::Corrupt => self.end_unanswered(ConnectionEnd::Corrupt).await,
            Action::Raw { content, drip } => {
                self.call.record_response(None, None);
                let (chunks, stays_open) = (content.into_chunks(), step.close_after.is_some());
                self.connection.end(ConnectionEnd::Write { chunks, pause: drip, stays_open }).await
            }
            Action::Respond(mut spec) => {
                let delivery = mem::take(&mut spec.delivery);
                let (response, refusal) = self.response(spec);
                let end = if delivery.truncate.is_some() { CallEnd::EmulatorClosed } else { CallEnd::Answered };
                self.call.record_end(end, Some(response.status().as_u16()), refusal.as_ref());
                match send(response, delivery) {
                    Sent::Http(response) => response,
                    Sent::Raw(end) => self.connection.end(end).await,
                }
            }
        }
    }

    async fn end_unanswered<T>(&mut self, end: ConnectionEnd) -> T {
        self.call.set_end_if_dropped(CallEnd::EmulatorClosed);
        self.connection.end(end).await
    }

    /// Builds the response, and returns its refusal too if it is an error.
    fn response(&mut self, spec: ResponseSpec) -> (Response<Content>, Option<Refusal>) {
        let (mut response, refusal) = match self.content(spec.source) {
            Ok(response) => (response, None),
            Err(refusal) => (self.writer.refuse(&refusal), Some(refusal)),
        };
        if let Some(status) = spec.status {
            *response.status_mut() = status;
        }
        if spec.is_gzip {
            response = response.map(Content::gzip);
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for (name, value) in spec.headers {
            match value {
                Some(value) => drop(response.headers_mut().insert(name, value)),
                None => drop(response.headers_mut().remove(name)),
            }
        }
        (response, refusal)
    }

    fn content(&mut self, source: Source) -> Result<Response<Content>, Refusal> {
        Ok(match source {
            Source::Service { patch } => {
                let (random, now) = (&self.service.random, self.service.clock.now());
                let members = self.command.execute(&mut self.service.devices(), random, now)?;
                let mut body = self.writer.with_request_id(members);
                self.service.count_billed_call();
                merge(&mut body, Value::Object(patch));
                self.writer.succeed(self.command.action(), &body)
            }
            Source::Code { code, message, is_xml } => {
                if is_xml {
                    self.writer.format = Format::Xml;
                }
                let refusal = Refusal { is_scripted: true, ..Refusal::new(code) };
                return Err(match message {
                    Some(message) => refusal.with_message(message),
                    None => refusal,
                });
            }
            Source::Content(content) => self.writer.raw(content),
            Source::Redirect => {
                let mut response = self.writer.raw(Content::default());
                let location = self.service.redirect_location.clone();
                response.headers_mut().extend(location.map(|location| (LOCATION, location)));
                response
            }
        })
    }
}

/// Merges a patch as RFC 7396 says.
fn merge(value: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(members) = value else { return };
    for (name, patch) in patch {
        if patch.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), patch);
        }
    }
}

enum Sent {
    Http(axum::response::Response),
    Raw(ConnectionEnd),
}

/// Uses HTTP unless the delivery rules it out.
fn send(mut response: Response<Content>, delivery: Delivery) -> Sent {
    if delivery == Delivery::default() {
        // HTTP adds the header again if the length is unknown; with a known length it would be
        // wrong.
        let is_chunked = response.headers_mut().remove(TRANSFER_ENCODING).is_some();
        return Sent::Http(response.map(if is_chunked { Content::into_chunked_body } else { Content::into_body }));
    }
    if let Some(length) = response.body().length() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    let stays_open = !delivery.ends_the_connection();
    if !stays_open {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let (head, content) = response.into_parts();
    let (status, reason) = (head.status.as_str(), head.status.canonical_reason().unwrap_or_default());
    let mut bytes = delivery.before.to_vec();
    bytes.extend(format!("HTTP/1.1 {status} {reason}\r\n").into_bytes());
    for (name, value) in &head.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    let body = match delivery.truncate {
        Some(length) => take_bytes(length, content.into_chunks()),
        None => content.into_chunks(),
    };
    let chunks = Box::new(once(Bytes::from(bytes)).chain(body).chain(once(delivery.after)));
    Sent::Raw(ConnectionEnd::Write { chunks, pause: delivery.drip, stays_open })
}

fn take_bytes(length: usize, chunks: Chunks) -> Chunks {
    Box::new(chunks.scan(length, |left, mut chunk| {
        chunk.truncate(*left);
        *left -= chunk.len();
        (!chunk.is_empty()).then_some(chunk)
    }))
}
