//! Responses of the service: in JSON or XML, with the headers that all responses have.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::content::Content;
use crate::http::request::{ApiRequest, HttpRequest};
use crate::http::xml;
use crate::service::error::Refusal;

const JSON: &str = "application/json;charset=utf-8";

/// The vendor's Python SDK recognizes XML by exactly this text. With a space in it, it tries JSON.
const XML: &str = "text/xml;charset=utf-8";

/// The format in which the client wants responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Xml,
}

impl Format {
    /// Returns the format that the request asks for. The parameter `Format` wins over `accept`, and
    /// JSON is the default. The documents name either format as the default.
    pub(crate) fn for_request(http: &HttpRequest, request: Option<&ApiRequest>) -> Self {
        let format = request.and_then(|request| request.parameter("Format"));
        let is_xml = match format {
            Some(format) => format.eq_ignore_ascii_case("XML"),
            None => http.header("accept").is_some_and(|accept| ["application/xml", "text/xml"].contains(&accept)),
        };
        if is_xml { Self::Xml } else { Self::Json }
    }
}

/// Writes the responses to one request.
pub(crate) struct ResponseWriter {
    pub(crate) request_id: String,
    pub(crate) format: Format,
    /// The `Host` header as it was sent.
    host: String,
    date: HeaderValue,
}

impl ResponseWriter {
    /// Creates a writer for JSON.
    pub(crate) fn new(request_id: String, date: HeaderValue, headers: &HeaderMap) -> Self {
        let host = headers.get("host").map(text).unwrap_or_default();
        Self { request_id, format: Format::default(), host, date }
    }

    /// Writes an error as the service does.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response<Content> {
        let body = refusal.body(&self.request_id, &self.host);
        self.response(refusal.status, self.write("Error", &body))
    }

    /// Writes a success. The body must contain a `RequestId`.
    pub(crate) fn succeed(&self, action: &str, body: &Value) -> Response<Content> {
        self.response(200, self.write(&format!("{action}Response"), body))
    }

    /// Adds the `RequestId` to the members of an operation's result.
    pub(crate) fn with_request_id(&self, mut body: Map<String, Value>) -> Value {
        body.insert("RequestId".to_owned(), self.request_id.as_str().into());
        Value::Object(body)
    }

    /// Writes a response that the service would not send. It has no content type unless a fault
    /// sets one.
    pub(crate) fn raw(&self, content: Content) -> Response<Content> {
        let mut response = Response::new(content);
        response.headers_mut().insert(DATE, self.date.clone());
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert(HeaderName::from_static("x-acs-request-id"), id);
        }
        response
    }

    fn response(&self, status: u16, content: Content) -> Response<Content> {
        let mut response = self.raw(content);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = HeaderValue::from_static(if self.format == Format::Xml { XML } else { JSON });
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }

    fn write(&self, root: &str, body: &Value) -> Content {
        Content::new(match self.format {
            Format::Json => body.to_string(),
            Format::Xml => xml::document(root, body),
        })
    }
}

/// Writes the response of a control route.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    // All bodies are maps with text keys, so this cannot fail.
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
    use super::Format;
    use crate::http::request::{ApiRequest, HttpRequest};

    fn format(query: &str, accept: Option<&str>) -> Format {
        let headers = accept.map(|accept| ("accept".to_owned(), accept.to_owned())).into_iter().collect();
        let http = HttpRequest { query: query.to_owned(), headers, ..HttpRequest::default() };
        Format::for_request(&http, ApiRequest::read(&http).ok().as_ref())
    }

    #[test]
    fn xml_is_written_on_request() {
        for (query, accept, expected) in [
            ("", None, Format::Json),
            ("Format=XML", None, Format::Xml),
            ("Format=xml", Some("application/json"), Format::Xml),
            ("Format=JSON", Some("application/xml"), Format::Json),
            ("", Some("application/xml"), Format::Xml),
            ("", Some("text/xml"), Format::Xml),
            ("", Some("*/*"), Format::Json),
        ] {
            assert_eq!(format(query, accept), expected, "{query} {accept:?}");
        }
    }
}
