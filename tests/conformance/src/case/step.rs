//! The keys of a step, for the schema. The emulator reads steps itself; a test compares its keys
//! with these.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// What happens to one request. `Step` in the documentation of devcred-emulator says which keys can
/// be combined.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, missing_docs, reason = "described for the schema, never made")]
pub struct StepForm {
    /// The service's own answer.
    pub answer: Option<Answer>,
    /// The service's own answer, with members replaced; `null` removes one.
    pub patch: Option<Map<String, Value>>,
    /// This error, with its usual status and message.
    pub code: Option<String>,
    /// The error's message.
    pub message: Option<String>,
    /// The error in XML.
    pub xml: Option<bool>,
    /// This body.
    pub body: Option<String>,
    /// These bytes as the body.
    pub body_base64: Option<String>,
    /// A long body, made in the emulator.
    pub body_repeat: Option<BodyRepeat>,
    /// This status, with a `Location` on a listener that must stay without a connection.
    pub redirect: Option<u16>,
    /// The connection is closed without an answer.
    pub close: Option<bool>,
    /// The connection is reset without an answer.
    pub reset: Option<bool>,
    /// No answer, ever.
    pub hang: Option<bool>,
    /// No answer: a TLS record that cannot be decrypted, then the connection is closed.
    pub corrupt: Option<bool>,
    /// These bytes instead of an answer, then the connection is closed, or later with
    /// `close_after_ms`.
    pub raw: Option<String>,
    /// Many bytes instead of an answer, made in the emulator.
    pub raw_repeat: Option<BodyRepeat>,
    /// These bytes right before the answer's head, such as interim responses.
    pub raw_before: Option<String>,
    /// These bytes right after the answer's body.
    pub raw_after: Option<String>,
    /// Delays `raw_after` by this many milliseconds.
    pub raw_after_ms: Option<u64>,
    /// The status, instead of the usual one.
    pub status: Option<u16>,
    /// Headers that replace the usual ones; `null` removes one.
    pub headers: Option<BTreeMap<String, Option<String>>>,
    /// The body compressed, with its header.
    pub gzip: Option<bool>,
    /// The connection ends after this many bytes of the body.
    pub truncate: Option<usize>,
    /// Writes the answer byte by byte, this many milliseconds apart.
    pub drip_ms: Option<u64>,
    /// Moves the service's clock forward by this many seconds, or back, for the requests that
    /// follow.
    pub clock_jump_s: Option<i64>,
    /// Waits this many milliseconds first.
    pub delay_ms: Option<u64>,
    /// Closes the connection this many milliseconds later, even if another request is on it.
    pub close_after_ms: Option<u64>,
}

/// The service's own answer.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the name says it")]
pub enum Answer {
    Credential,
}

/// `before`, then `text` repeated `times`, then `after`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, missing_docs, reason = "described for the schema, never made")]
pub struct BodyRepeat {
    pub before: Option<String>,
    pub text: String,
    pub times: usize,
    pub after: Option<String>,
}
