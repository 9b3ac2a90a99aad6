//! How a request that passed every check is answered, or not answered, as its step says.

use std::future::pending;
use std::iter::once;
use std::mem;

use axum::body::Bytes;
use axum::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Response};
use serde_json::{Map, Value};

use crate::fault::step::{Act, Answer, Delivery, Source, Step};
use crate::http::content::{Chunks, Content};
use crate::http::response::{Envelope, Form};
use crate::journal::OpenCall;
use crate::journal::call::CallEnd;
use crate::server::connection::{Ending, Socket};
use crate::service::Service;
use crate::service::error::Refusal;
use crate::service::operation::Order;

/// A request that passed every check.
pub(crate) struct Scene<'a> {
    pub(crate) service: &'a Service,
    pub(crate) socket: &'a Socket,
    pub(crate) order: Order,
    pub(crate) envelope: Envelope,
    pub(crate) call: OpenCall,
}

impl Scene<'_> {
    /// Where no answer comes it does not return: the future ends with its connection.
    pub(crate) async fn play(mut self, step: Step) -> axum::response::Response {
        self.service.clock.jump(step.clock_jump);
        if !step.delay.is_zero() {
            tokio::time::sleep(step.delay).await;
        }
        if let Some(time) = step.close_after {
            self.socket.end_later(time, Ending::Close);
        }
        if let Some((time, bytes)) = step.raw_later {
            let chunks = Box::new(once(bytes));
            self.socket.end_later(time, Ending::Write { chunks, pause: None, stays_open: true });
        }
        match step.act {
            Act::Hang => pending().await,
            Act::Close => self.end_unanswered(Ending::Close).await,
            Act::Reset => self.end_unanswered(Ending::Reset).await,
            Act::Corrupt => self.end_unanswered(Ending::Corrupt).await,
            Act::Raw { content, drip } => {
                self.call.answered(None, None);
                let (chunks, stays_open) = (content.into_chunks(), step.close_after.is_some());
                self.socket.end(Ending::Write { chunks, pause: drip, stays_open }).await
            }
            Act::Answer(mut answer) => {
                let delivery = mem::take(&mut answer.delivery);
                let (reply, refusal) = self.reply(answer);
                let end = if delivery.truncate.is_some() { CallEnd::EmulatorClosed } else { CallEnd::Answered };
                self.call.ended(end, Some(reply.status().as_u16()), refusal.as_ref());
                match write(reply, delivery) {
                    Written::ByHttp(response) => response,
                    Written::ByHand(ending) => self.socket.end(ending).await,
                }
            }
        }
    }

    async fn end_unanswered<T>(&mut self, ending: Ending) -> T {
        self.call.will_end_as(CallEnd::EmulatorClosed);
        self.socket.end(ending).await
    }

    /// The answer, and the refusal that it is, if it is one.
    fn reply(&mut self, answer: Answer) -> (Response<Content>, Option<Refusal>) {
        let (mut reply, refusal) = match self.content(answer.source) {
            Ok(reply) => (reply, None),
            Err(refusal) => (self.envelope.refuse(&refusal), Some(refusal)),
        };
        if let Some(status) = answer.status {
            *reply.status_mut() = status;
        }
        if answer.is_gzip {
            reply = reply.map(Content::gzip);
            reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for (name, value) in answer.headers {
            match value {
                Some(value) => drop(reply.headers_mut().insert(name, value)),
                None => drop(reply.headers_mut().remove(name)),
            }
        }
        (reply, refusal)
    }

    fn content(&mut self, source: Source) -> Result<Response<Content>, Refusal> {
        Ok(match source {
            Source::Service { patch } => {
                let (random, now) = (&self.service.random, self.service.clock.now());
                let members = self.order.carry_out(&mut self.service.devices(), random, now)?;
                let mut answer = self.envelope.with_request_id(members);
                self.service.bill();
                merge(&mut answer, Value::Object(patch));
                self.envelope.succeed(self.order.action(), &answer)
            }
            Source::Code { code, message, is_xml } => {
                if is_xml {
                    self.envelope.form = Form::Xml;
                }
                let refusal = Refusal { is_scripted: true, ..Refusal::new(code) };
                return Err(match message {
                    Some(message) => refusal.message(message),
                    None => refusal,
                });
            }
            Source::Content(content) => self.envelope.bare(content),
            Source::Redirect => {
                let mut reply = self.envelope.bare(Content::default());
                reply.headers_mut().extend(self.service.redirect_location.clone().map(|location| (LOCATION, location)));
                reply
            }
        })
    }
}

/// As RFC 7396 merges a patch.
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

enum Written {
    ByHttp(axum::response::Response),
    ByHand(Ending),
}

/// By HTTP as long as nothing in the delivery is against it.
fn write(mut reply: Response<Content>, delivery: Delivery) -> Written {
    if delivery == Delivery::default() {
        // The header is written again where the length is not known, and is a contradiction where it is.
        let is_chunked = reply.headers_mut().remove(TRANSFER_ENCODING).is_some();
        return Written::ByHttp(reply.map(if is_chunked { Content::into_chunked_body } else { Content::into_body }));
    }
    if let Some(length) = reply.body().length() {
        reply.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    let stays_open = !delivery.ends_the_connection();
    if !stays_open {
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let (head, content) = reply.into_parts();
    let (status, reason) = (head.status.as_str(), head.status.canonical_reason().unwrap_or_default());
    let mut bytes = delivery.before.to_vec();
    bytes.extend(format!("HTTP/1.1 {status} {reason}\r\n").into_bytes());
    for (name, value) in &head.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    let body = match delivery.truncate {
        Some(length) => first(length, content.into_chunks()),
        None => content.into_chunks(),
    };
    let chunks = Box::new(once(Bytes::from(bytes)).chain(body).chain(once(delivery.after)));
    Written::ByHand(Ending::Write { chunks, pause: delivery.drip, stays_open })
}

fn first(length: usize, chunks: Chunks) -> Chunks {
    Box::new(chunks.scan(length, |left, mut chunk| {
        chunk.truncate(*left);
        *left -= chunk.len();
        (!chunk.is_empty()).then_some(chunk)
    }))
}
