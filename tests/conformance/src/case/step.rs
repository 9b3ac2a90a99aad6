//! The keys of a step, for the schema. The emulator reads steps itself; a test compares its keys with these.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// What one request meets. `Step` in the documentation of devcred-emulator says which keys may stand together.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, missing_docs, reason = "described for the schema, never made")]
pub struct StepForm {
    /// The service's own answer.
    pub answer: Option<Answer>,
    /// The service's own answer, with members replaced; `null` removes one.
    pub patch: Option<Map<String, Value>>,
    /// This error, with the status and message that belong to it.
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
    /// These bytes instead of an answer, then the connection is closed, unless `close_after_ms` says later.
    pub raw: Option<String>,
    /// Many bytes instead of an answer, made in the emulator.
    pub raw_repeat: Option<BodyRepeat>,
    /// These bytes right before the answer's head, such as interim responses.
    pub raw_before: Option<String>,
    /// These bytes right after the answer's body.
    pub raw_after: Option<String>,
    /// `raw_after` comes so many milliseconds later.
    pub raw_after_ms: Option<u64>,
    /// The status in place of the answer's own.
    pub status: Option<u16>,
    /// Headers in place of the answer's own; `null` removes one.
    pub headers: Option<BTreeMap<String, Option<String>>>,
    /// The body compressed, with its header.
    pub gzip: Option<bool>,
    /// The answer ends after so many bytes of its body.
    pub truncate: Option<usize>,
    /// The answer comes byte by byte, so many milliseconds apart.
    pub drip_ms: Option<u64>,
    /// The service's clock moves so many seconds on, or back, for the requests that follow.
    pub clock_jump_s: Option<i64>,
    /// So many milliseconds pass first.
    pub delay_ms: Option<u64>,
    /// So many milliseconds later the connection is closed, even if another request is on it.
    pub close_after_ms: Option<u64>,
}

/// The service's own answer.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the name says it")]
pub enum Answer {
    Credential,
}

/// `before`, then `text` so many `times`, then `after`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, missing_docs, reason = "described for the schema, never made")]
pub struct BodyRepeat {
    pub before: Option<String>,
    pub text: String,
    pub times: usize,
    pub after: Option<String>,
}
