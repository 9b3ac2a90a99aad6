//! What one request meets: the service's own answer, another one, or none.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::http::content::Content;

/// What one request meets, for [`Builder::steps`](crate::Builder::steps); read from JSON, by `serde` or from text.
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
/// # What comes
///
/// One of these keys; where none is given, the service's own answer.
///
/// | key | what comes |
/// |---|---|
/// | `"answer": "credential"` | the service's own answer |
/// | `"patch": {…}` | the same, merged with this object; `null` removes a member |
/// | `"code": "Throttling.User"` | this error, with the status and message that belong to it unless `status` and `message` say others; with `"xml": true` as XML |
/// | `"body": "text"` | this body |
/// | `"body_base64": "/w=="` | these bytes as the body |
/// | `"body_repeat": {"before", "text", "times", "after"}` | a body of `text` so many times, between `before` and `after`, which may be left out |
/// | `"status": 502`, alone | an answer without a body |
/// | `"redirect": 307` | this status, with a `Location` on a listener of the emulator that counts its connections: [`Emulator::redirect_connections`](crate::Emulator::redirect_connections) |
/// | `"close": true` | no answer: the connection is closed |
/// | `"reset": true` | no answer: the connection is reset |
/// | `"hang": true` | no answer, ever |
/// | `"corrupt": true` | no answer: a TLS record that cannot be decrypted, then the connection is closed |
/// | `"raw": "bytes"` | these bytes instead of an answer, then the connection is closed unless `close_after_ms` says later |
/// | `"raw_repeat": {"before", "text", "times", "after"}` | the same with `text` so many times |
///
/// # And how
///
/// | key | beside | what it does |
/// |---|---|---|
/// | `"status": 400` | an answer but a redirect | replaces the status |
/// | `"headers": {"name": "value"}` | an answer | replaces these headers; `null` removes one, `date` and `x-acs-request-id` too |
/// | `"gzip": true` | an answer | compresses the body and says so in `Content-Encoding` |
/// | `"truncate": 10` | an answer | ends the connection after so many bytes of the body, whose length is announced in full |
/// | `"drip_ms": 5` | an answer, `raw`, `raw_repeat` | writes a byte at a time, head included, so many milliseconds apart, then closes the connection |
/// | `"raw_before": "bytes"`, `"raw_after": "bytes"` | an answer | writes these bytes right before the answer's head, such as interim responses, or right after its body; the connection stays open |
/// | `"raw_after_ms": 50` | `raw_after` | writes those bytes so many milliseconds later, even if another request is on the connection |
/// | `"delay_ms": 50` | all but `hang` | waits so many milliseconds first |
/// | `"clock_jump_s": 3600` | all | moves the service's clock so many seconds on, or back, for the requests that follow |
/// | `"close_after_ms": 50` | an answer that is neither cut nor dripped, `raw`, `raw_repeat` | closes the connection so many milliseconds later, even if another request is on it |
///
/// Any other key is an error, and so are keys that contradict each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// By so many seconds, for the requests that follow.
    pub(crate) clock_jump: i64,
    pub(crate) delay: Duration,
    pub(crate) action: Action,
    /// Counted from the answer.
    pub(crate) close_after: Option<Duration>,
    /// Bytes that come so long after the answer.
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
    /// In place of the one that the source has.
    pub(crate) status: Option<StatusCode>,
    /// In place of those that every answer has; `None` removes one.
    pub(crate) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(crate) is_gzip: bool,
    pub(crate) delivery: Delivery,
}

/// Where an answer is from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// From the service; a success is then changed by this patch.
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

/// How an answer comes over the wire; by default as HTTP has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Bytes that come before the head.
    pub(crate) before: Bytes,
    /// Bytes that come after the body.
    pub(crate) after: Bytes,
    /// Bytes of the body after which the connection ends.
    pub(crate) truncate: Option<usize>,
    /// The pause between two bytes.
    pub(crate) drip: Option<Duration>,
}

impl Delivery {
    /// What comes is not all of it, or not at once: the connection cannot be used again.
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
