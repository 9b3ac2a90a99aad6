//! An answer of the service before it is on its way: in JSON or XML, with the headers that every answer has.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::content::Content;
use crate::http::request::{ApiRequest, Received};
use crate::http::xml;
use crate::service::Service;
use crate::service::error::Refusal;

const JSON: &str = "application/json;charset=utf-8";

/// To the letter what the vendor's Python SDK reads as XML: with a space in it, it tries JSON.
const XML: &str = "text/xml;charset=utf-8";

/// How the caller wants answers written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Json,
    Xml,
}

impl Form {
    /// `Format` wins over `accept`. JSON where neither says anything: the documents name either as the default.
    pub(crate) fn of(received: &Received, request: Option<&ApiRequest>) -> Self {
        let format = request.and_then(|request| request.parameter("Format"));
        let is_xml = match format {
            Some(format) => format.eq_ignore_ascii_case("XML"),
            None => received.header("accept").is_some_and(|accept| ["application/xml", "text/xml"].contains(&accept)),
        };
        if is_xml { Self::Xml } else { Self::Json }
    }
}

/// What all answers to one request have in common.
pub(crate) struct Envelope {
    pub(crate) request_id: String,
    pub(crate) form: Form,
    /// The `Host` header as it came.
    host: String,
    date: HeaderValue,
}

impl Envelope {
    /// For an answer in JSON, as long as nothing else was asked for.
    pub(crate) fn of(service: &Service, headers: &HeaderMap) -> Self {
        let host = headers.get("host").map(text).unwrap_or_default();
        Self { request_id: service.random.uuid(), form: Form::default(), host, date: service.date() }
    }

    /// A refusal in the service's form.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response<Content> {
        let body = refusal.body(&self.request_id, &self.host);
        self.reply(refusal.status, self.write("Error", &body))
    }

    /// A success; `answer` has its `RequestId`.
    pub(crate) fn succeed(&self, action: &str, answer: &Value) -> Response<Content> {
        self.reply(200, self.write(&format!("{action}Response"), answer))
    }

    /// The answer of an operation, complete.
    pub(crate) fn with_request_id(&self, mut answer: Map<String, Value>) -> Value {
        answer.insert("RequestId".to_owned(), self.request_id.as_str().into());
        Value::Object(answer)
    }

    /// An answer that the service would not write: it has a type where a fault gives it one.
    pub(crate) fn bare(&self, content: Content) -> Response<Content> {
        let mut reply = Response::new(content);
        reply.headers_mut().insert(DATE, self.date.clone());
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            reply.headers_mut().insert(HeaderName::from_static("x-acs-request-id"), id);
        }
        reply
    }

    fn reply(&self, status: u16, content: Content) -> Response<Content> {
        let mut reply = self.bare(content);
        *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = HeaderValue::from_static(if self.form == Form::Xml { XML } else { JSON });
        reply.headers_mut().insert(CONTENT_TYPE, content_type);
        reply
    }

    fn write(&self, root: &str, body: &Value) -> Content {
        Content::new(match self.form {
            Form::Json => body.to_string(),
            Form::Xml => xml::document(root, body),
        })
    }
}

/// An answer of a control route.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    // What is written here are maps with keys of text, which cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

pub(crate) fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Form;
    use crate::http::request::{ApiRequest, Received};

    fn form(query: &str, accept: Option<&str>) -> Form {
        let headers = accept.map(|accept| ("accept".to_owned(), accept.to_owned())).into_iter().collect();
        let received = Received { query: query.to_owned(), headers, ..Received::default() };
        Form::of(&received, ApiRequest::read(&received).ok().as_ref())
    }

    #[test]
    fn xml_is_written_where_it_is_asked_for() {
        for (query, accept, expected) in [
            ("", None, Form::Json),
            ("Format=XML", None, Form::Xml),
            ("Format=xml", Some("application/json"), Form::Xml),
            ("Format=JSON", Some("application/xml"), Form::Json),
            ("", Some("application/xml"), Form::Xml),
            ("", Some("text/xml"), Form::Xml),
            ("", Some("*/*"), Form::Json),
        ] {
            assert_eq!(form(query, accept), expected, "{query} {accept:?}");
        }
    }
}
