//! The JSON form of a step, and which of its keys exclude each other.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;
use std::{error, fmt};

use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::fault::step::{Action, Delivery, ResponseSpec, Source, Step};
use crate::http::content::Content;

/// All keys of a step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct StepJson {
    answer: Option<ServiceAnswer>,
    patch: Option<Map<String, Value>>,
    code: Option<String>,
    message: Option<String>,
    xml: Option<bool>,
    body: Option<String>,
    body_base64: Option<String>,
    body_repeat: Option<Repeat>,
    redirect: Option<u16>,
    close: Option<bool>,
    reset: Option<bool>,
    hang: Option<bool>,
    corrupt: Option<bool>,
    raw: Option<String>,
    raw_repeat: Option<Repeat>,
    raw_before: Option<String>,
    raw_after: Option<String>,
    raw_after_ms: Option<u64>,
    status: Option<u16>,
    headers: Option<BTreeMap<String, Option<String>>>,
    gzip: Option<bool>,
    truncate: Option<usize>,
    drip_ms: Option<u64>,
    clock_jump_s: Option<i64>,
    delay_ms: Option<u64>,
    close_after_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ServiceAnswer {
    Credential,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    #[serde(default)]
    before: String,
    text: String,
    times: usize,
    #[serde(default)]
    after: String,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StepJson::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

impl FromStr for Step {
    type Err = InvalidStep;

    fn from_str(json: &str) -> Result<Self, InvalidStep> {
        serde_json::from_str(json).map_err(|error| {
            // A step is one line, so the position within it would not help.
            let text = error.to_string();
            InvalidStep(text.split(" at line ").next().unwrap_or_default().to_owned())
        })
    }
}

/// Why a text is not a valid [`Step`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidStep(String);

impl fmt::Display for InvalidStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for InvalidStep {}

impl TryFrom<StepJson> for Step {
    type Error = String;

    fn try_from(mut json: StepJson) -> Result<Self, String> {
        json.check()?;
        let clock_jump = json.clock_jump_s.unwrap_or_default();
        let delay = json.delay_ms.map(Duration::from_millis).unwrap_or_default();
        let drip = json.drip_ms.map(Duration::from_millis);
        let late_bytes =
            json.raw_after_ms.and_then(|ms| Some((Duration::from_millis(ms), json.raw_after.take()?.into())));
        let close_after = json.close_after_ms.map(Duration::from_millis);
        let action = if json.close.is_some() {
            Action::Close
        } else if json.reset.is_some() {
            Action::Reset
        } else if json.hang.is_some() {
            Action::Hang
        } else if json.corrupt.is_some() {
            Action::Corrupt
        } else if let Some(raw) = json.raw {
            Action::Raw { content: Content::new(raw), drip }
        } else if let Some(repeat) = json.raw_repeat {
            Action::Raw { content: repeat.content("raw_repeat")?, drip }
        } else {
            Action::Respond(json.response_spec(drip)?)
        };
        Ok(Self { clock_jump, delay, action, close_after, late_bytes })
    }
}

impl StepJson {
    /// Checks everything that depends only on which keys are present.
    fn check(&self) -> Result<(), String> {
        let switches = [
            ("xml", self.xml),
            ("close", self.close),
            ("reset", self.reset),
            ("hang", self.hang),
            ("corrupt", self.corrupt),
            ("gzip", self.gzip),
        ];
        if let Some((key, _)) = switches.iter().find(|(_, value)| *value == Some(false)) {
            return Err(format!("`{key}` must be true or left out"));
        }
        let without_response = present_keys([
            ("close", self.close.is_some()),
            ("reset", self.reset.is_some()),
            ("hang", self.hang.is_some()),
            ("corrupt", self.corrupt.is_some()),
            ("raw", self.raw.is_some()),
            ("raw_repeat", self.raw_repeat.is_some()),
        ]);
        let is_raw = self.raw.is_some() || self.raw_repeat.is_some();
        let service = if self.patch.is_some() { ("patch", true) } else { ("answer", self.answer.is_some()) };
        let sources = present_keys([
            service,
            ("code", self.code.is_some()),
            ("body", self.body.is_some()),
            ("body_base64", self.body_base64.is_some()),
            ("body_repeat", self.body_repeat.is_some()),
            ("redirect", self.redirect.is_some()),
        ]);
        if let [first, second, ..] = [without_response.as_slice(), &sources].concat().as_slice() {
            return Err(format!("`{first}` and `{second}` contradict each other"));
        }
        let response_keys = present_keys([
            ("status", self.status.is_some()),
            ("headers", self.headers.is_some()),
            ("message", self.message.is_some()),
            ("xml", self.xml.is_some()),
            ("gzip", self.gzip.is_some()),
            ("truncate", self.truncate.is_some()),
            ("drip_ms", self.drip_ms.is_some() && !is_raw),
            ("raw_before", self.raw_before.is_some()),
            ("raw_after", self.raw_after.is_some()),
            ("delay_ms", self.delay_ms.is_some() && self.hang.is_some()),
            ("close_after_ms", self.close_after_ms.is_some() && !is_raw),
        ]);
        let is_empty = sources.is_empty() && self.delay_ms.is_none() && self.clock_jump_s.is_none();
        match (without_response.first(), response_keys.first()) {
            (Some(without_response), Some(other)) => Err(format!("`{other}` has no effect with `{without_response}`")),
            (None, None) if is_empty => Err("a step must say what happens".to_owned()),
            _ => self.check_response(),
        }
    }

    fn check_response(&self) -> Result<(), String> {
        let code_keys = present_keys([("message", self.message.is_some()), ("xml", self.xml.is_some())]);
        match code_keys.first() {
            Some(key) if self.code.is_none() => return Err(format!("`{key}` requires `code`")),
            _ => {}
        }
        if self.raw_after_ms.is_some() && self.raw_after.is_none() {
            return Err("`raw_after_ms` requires `raw_after`".to_owned());
        }
        if self.redirect.is_some() && self.status.is_some() {
            return Err("`redirect` and `status` contradict each other".to_owned());
        }
        let ending = present_keys([("truncate", self.truncate.is_some()), ("drip_ms", self.drip_ms.is_some())]);
        let staying = present_keys([
            ("raw_before", self.raw_before.is_some()),
            ("raw_after", self.raw_after.is_some()),
            ("close_after_ms", self.close_after_ms.is_some()),
        ]);
        if let (Some(ending), Some(staying)) = (ending.first(), staying.first()) {
            return Err(format!("`{ending}` and `{staying}` contradict each other"));
        }
        let needs_length = [self.truncate.map(|_| "truncate"), self.raw_before.as_ref().map(|_| "raw_before")];
        let needs_length =
            needs_length.into_iter().chain([self.raw_after.as_ref().map(|_| "raw_after")]).flatten().next();
        match needs_length {
            Some(key) if self.gzip.is_some() && self.body_repeat.is_some() => {
                Err(format!("`{key}` requires a body of a known length, but `gzip` of `body_repeat` has none"))
            }
            _ => Ok(()),
        }
    }

    fn response_spec(self, drip: Option<Duration>) -> Result<ResponseSpec, String> {
        let status = match (self.redirect, self.status) {
            (Some(redirect), _) if !(300..400).contains(&redirect) => {
                return Err("`redirect` must be 300 to 399".to_owned());
            }
            (redirect, status) => redirect.or(status).map(status_code).transpose()?,
        };
        let (before, after) = (self.raw_before.unwrap_or_default(), self.raw_after.unwrap_or_default());
        let delivery = Delivery { before: before.into(), after: after.into(), truncate: self.truncate, drip };
        let headers = self.headers.unwrap_or_default().into_iter();
        let headers = headers.map(|(name, value)| header(&name, value, &delivery)).collect::<Result<_, _>>()?;
        let has_source = self.answer.is_some() || self.patch.is_some();
        let source = if let Some(code) = self.code {
            Source::Code { code, message: self.message, is_xml: self.xml.is_some() }
        } else if let Some(body) = self.body {
            Source::Content(Content::new(body))
        } else if let Some(body) = self.body_base64 {
            let bytes = BASE64.decode(body).map_err(|_| "`body_base64` is not valid base64".to_owned())?;
            Source::Content(Content::new(bytes))
        } else if let Some(repeat) = self.body_repeat {
            Source::Content(repeat.content("body_repeat")?)
        } else if self.redirect.is_some() {
            Source::Redirect
        } else if status.is_some() && !has_source {
            Source::Content(Content::default())
        } else {
            Source::Service { patch: self.patch.unwrap_or_default() }
        };
        Ok(ResponseSpec { source, status, headers, is_gzip: self.gzip.is_some(), delivery })
    }
}

impl Repeat {
    fn content(self, key: &str) -> Result<Content, String> {
        if self.text.is_empty() || self.times == 0 {
            return Err(format!("`{key}` requires a non-empty `text` and `times` of at least 1"));
        }
        Content::repeated(self.before, self.text, self.times, self.after)
            .ok_or_else(|| format!("`{key}` is too long: its length does not fit a usize"))
    }
}

fn present_keys<const N: usize>(keys: [(&'static str, bool); N]) -> Vec<&'static str> {
    keys.into_iter().filter(|(_, is_present)| *is_present).map(|(key, _)| key).collect()
}

/// An interim status is not a response. Use `raw` to write one.
fn status_code(status: u16) -> Result<StatusCode, String> {
    let code = StatusCode::from_u16(status).ok().filter(|code| (200..600).contains(&code.as_u16()));
    code.ok_or_else(|| "`status` must be 200 to 599".to_owned())
}

/// Length and framing follow from the body. Only `raw` can write headers that contradict it.
fn header(name: &str, value: Option<String>, delivery: &Delivery) -> Result<(HeaderName, Option<HeaderValue>), String> {
    let invalid = || format!("`headers` contains `{name}`, which is not a valid header name or has an invalid value");
    let header: HeaderName = name.parse().map_err(|_| invalid())?;
    let is_chunked = *delivery == Delivery::default() && value.as_deref() == Some("chunked");
    if header == CONTENT_LENGTH || header == TRANSFER_ENCODING && !is_chunked {
        return Err(format!("`headers` cannot change `{name}`; use `raw` to write such a response"));
    }
    let value = value.map(|value| HeaderValue::from_str(&value).map_err(|_| invalid())).transpose()?;
    Ok((header, value))
}

#[cfg(test)]
mod tests;
