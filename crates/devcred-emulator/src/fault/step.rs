//! What happens to one request.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::http::content::Content;

/// What happens to one request, for [`Builder::steps`](crate::Builder::steps). Parse it from JSON,
/// by `serde` or from text.
///
/// ```
/// use devcred_emulator::Step;
///
/// let throttled: Step = r#"{"code": "Throttling.User"}"#.parse()?;
/// let late: Step = r#"{"answer": "credential", "delay_ms": 50}"#.parse()?;
/// let contradictory = r#"{"close": true, "code": "Throttling.User"}"#.parse::<Step>();
/// assert_eq!(contradictory.unwrap_err().to_string(), "`close` and `code` contradict each other");
/// # Ok::<(), devcred_emulator::InvalidStep>(())
/// ```
///
/// # The response
///
/// A step names at most one response, except that `answer` may accompany `patch`. Without one, the
/// service responds as usual.
///
/// | key | what the client gets |
/// |---|---|
/// | `"answer": "credential"` | the service's own response |
/// | `"patch": {…}` | the service's own response, merged with this object; `null` removes a member |
/// | `"code": "Throttling.User"` | this error, with its usual status and message unless `status` and `message` replace them; with `"xml": true` as XML |
/// | `"body": "text"` | this body |
/// | `"body_base64": "/w=="` | these bytes as the body |
/// | `"body_repeat": {"before", "text", "times", "after"}` | a body of `text` repeated `times`, between the optional `before` and `after` |
/// | `"status": 502`, alone | a response without a body |
/// | `"redirect": 307` | this status, with a `Location` on a listener of the emulator that counts its connections: [`Emulator::redirect_connections`](crate::Emulator::redirect_connections) |
/// | `"close": true` | no response: the connection is closed |
/// | `"reset": true` | no response: the connection is reset |
/// | `"hang": true` | no response, ever |
/// | `"corrupt": true` | no response: a TLS record that cannot be decrypted, then the connection is closed |
/// | `"raw": "bytes"` | these bytes instead of a response, then the connection is closed, or later with `close_after_ms` |
/// | `"raw_repeat": {"before", "text", "times", "after"}` | like `raw`, with `text` repeated `times` |
///
/// # Changes to it
///
/// | key | together with | what it does |
/// |---|---|---|
/// | `"status": 400` | any response except a redirect | replaces the status |
/// | `"headers": {"name": "value"}` | any response | replaces these headers; `null` removes one, including `date` and `x-acs-request-id` |
/// | `"gzip": true` | any response | compresses the body and sets `Content-Encoding` |
/// | `"truncate": 10` | any response | ends the connection after this many bytes of the body, although `Content-Length` is that of the whole body |
/// | `"drip_ms": 5` | any response, `raw`, `raw_repeat` | writes head and body one byte at a time, with this pause in between, then closes the connection |
/// | `"raw_before": "bytes"`, `"raw_after": "bytes"` | any response | writes these bytes directly before the head of the response, such as interim responses, or directly after its body; the connection stays open |
/// | `"raw_after_ms": 50` | `raw_after` | writes those bytes this much later, even if another request is on the connection |
/// | `"delay_ms": 50` | everything except `hang` | waits this long first |
/// | `"clock_jump_s": 3600` | everything | moves the service's clock forward by this many seconds, or back, for the requests that follow |
/// | `"close_after_ms": 50` | a response without `truncate` and `drip_ms`, `raw`, `raw_repeat` | closes the connection this much later, even if another request is on it |
///
/// Any other key is an error, and so are keys that contradict each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Seconds, for the requests that follow.
    pub(crate) clock_jump: i64,
    pub(crate) delay: Duration,
    pub(crate) action: Action,
    /// Counted from the response.
    pub(crate) close_after: Option<Duration>,
    /// Bytes to write this long after the response.
    pub(crate) late_bytes: Option<(Duration, Bytes)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Respond(ResponseSpec),
    Raw { content: Content, drip: Option<Duration> },
    Close,
    Reset,
    Corrupt,
    Hang,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ResponseSpec {
    pub(crate) source: Source,
    /// Replaces the status of the source.
    pub(crate) status: Option<StatusCode>,
    /// Replaces the usual headers; `None` removes one.
    pub(crate) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(crate) is_gzip: bool,
    pub(crate) delivery: Delivery,
}

/// Where a response comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// The service; a success is then changed by this patch.
    Service {
        patch: Map<String, Value>,
    },
    Code {
        code: String,
        message: Option<String>,
        is_xml: bool,
    },
    Content(Content),
    Redirect,
}

/// How a response is written to the connection. The default is plain HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Bytes to write before the head.
    pub(crate) before: Bytes,
    /// Bytes to write after the body.
    pub(crate) after: Bytes,
    /// How many bytes of the body to write before the connection ends.
    pub(crate) truncate: Option<usize>,
    /// The pause after each byte.
    pub(crate) drip: Option<Duration>,
}

impl Delivery {
    /// Returns whether the connection cannot be used again, because the response is incomplete or
    /// dripped.
    pub(crate) fn ends_the_connection(&self) -> bool {
        self.truncate.is_some() || self.drip.is_some()
    }
}

impl Default for Action {
    fn default() -> Self {
        Self::Respond(ResponseSpec::default())
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::Service { patch: Map::new() }
    }
}

impl Step {
    pub(crate) fn code(code: &str) -> Self {
        let source = Source::Code { code: code.to_owned(), message: None, is_xml: false };
        Action::Respond(ResponseSpec { source, ..ResponseSpec::default() }).into()
    }

    /// The operation is executed, and the connection is closed after the head of the response.
    pub(crate) fn response_lost() -> Self {
        let delivery = Delivery { truncate: Some(0), ..Delivery::default() };
        Action::Respond(ResponseSpec { delivery, ..ResponseSpec::default() }).into()
    }

    pub(crate) fn late(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    pub(crate) fn is_redirect(&self) -> bool {
        matches!(&self.action, Action::Respond(ResponseSpec { source: Source::Redirect, .. }))
    }
}

impl From<Action> for Step {
    fn from(action: Action) -> Self {
        Self { action, ..Self::default() }
    }
}
