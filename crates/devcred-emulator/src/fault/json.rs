//! A step as it is written in JSON, and what may stand together.

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

/// Every key that a step can have.
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
            // A step is one line; where in it the error was found says less than the error.
            let text = error.to_string();
            InvalidStep(text.split(" at line ").next().unwrap_or_default().to_owned())
        })
    }
}

/// Why a text is no [`Step`].
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
    /// What can be said by looking at which keys are there.
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
            return Err(format!("`{key}` is true or left out"));
        }
        let silent = present_keys([
            ("close", self.close.is_some()),
            ("reset", self.reset.is_some()),
            ("hang", self.hang.is_some()),
            ("corrupt", self.corrupt.is_some()),
            ("raw", self.raw.is_some()),
            ("raw_repeat", self.raw_repeat.is_some()),
        ]);
        let is_raw = self.raw.is_some() || self.raw_repeat.is_some();
        let own = if self.patch.is_some() { ("patch", true) } else { ("answer", self.answer.is_some()) };
        let sources = present_keys([
            own,
            ("code", self.code.is_some()),
            ("body", self.body.is_some()),
            ("body_base64", self.body_base64.is_some()),
            ("body_repeat", self.body_repeat.is_some()),
            ("redirect", self.redirect.is_some()),
        ]);
        if let [first, second, ..] = [silent.as_slice(), &sources].concat().as_slice() {
            return Err(format!("`{first}` and `{second}` contradict each other"));
        }
        let answer_keys = present_keys([
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
        match (silent.first(), answer_keys.first()) {
            (Some(silent), Some(other)) => Err(format!("`{silent}` leaves nothing that `{other}` could change")),
            (None, None) if is_empty => Err("a step says what comes".to_owned()),
            _ => self.check_answer(),
        }
    }

    fn check_answer(&self) -> Result<(), String> {
        let code_keys = present_keys([("message", self.message.is_some()), ("xml", self.xml.is_some())]);
        match code_keys.first() {
            Some(key) if self.code.is_none() => return Err(format!("`{key}` stands beside `code`")),
            _ => {}
        }
        if self.raw_after_ms.is_some() && self.raw_after.is_none() {
            return Err("`raw_after_ms` stands beside `raw_after`".to_owned());
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
                Err(format!("`{key}` needs a body of a known length, which `gzip` of `body_repeat` has not"))
            }
            _ => Ok(()),
        }
    }

    fn response_spec(self, drip: Option<Duration>) -> Result<ResponseSpec, String> {
        let status = match (self.redirect, self.status) {
            (Some(redirect), _) if !(300..400).contains(&redirect) => return Err("`redirect` is 300 to 399".to_owned()),
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
            let bytes = BASE64.decode(body).map_err(|_| "`body_base64` is not base64".to_owned())?;
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
            return Err(format!("`{key}` has a `text` and `times` from 1"));
        }
        Content::repeated(self.before, self.text, self.times, self.after)
            .ok_or_else(|| format!("`{key}` is longer than can be counted"))
    }
}

fn present_keys<const N: usize>(keys: [(&'static str, bool); N]) -> Vec<&'static str> {
    keys.into_iter().filter(|(_, is_present)| *is_present).map(|(key, _)| key).collect()
}

/// Interim answers are no answers: `raw` writes them.
fn status_code(status: u16) -> Result<StatusCode, String> {
    let code = StatusCode::from_u16(status).ok().filter(|code| (200..600).contains(&code.as_u16()));
    code.ok_or_else(|| "`status` is 200 to 599".to_owned())
}

/// How long the body is and how it is framed follows from the body; what contradicts it can be written by `raw` only.
fn header(name: &str, value: Option<String>, delivery: &Delivery) -> Result<(HeaderName, Option<HeaderValue>), String> {
    let invalid = || format!("`headers` holds `{name}`, which is no header or has no value of one");
    let header: HeaderName = name.parse().map_err(|_| invalid())?;
    let is_chunked = *delivery == Delivery::default() && value.as_deref() == Some("chunked");
    if header == CONTENT_LENGTH || header == TRANSFER_ENCODING && !is_chunked {
        return Err(format!("`headers` cannot change `{name}`: write such an answer with `raw`"));
    }
    let value = value.map(|value| HeaderValue::from_str(&value).map_err(|_| invalid())).transpose()?;
    Ok((header, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;

    use crate::fault::step::{Action, Delivery, ResponseSpec, Source, Step};
    use crate::http::content::Content;

    fn step(json: &str) -> Step {
        json.parse().unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn answer(json: &str) -> ResponseSpec {
        match step(json).action {
            Action::Respond(answer) => answer,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn each_key_is_read() {
        let ms = Duration::from_millis;
        assert_eq!(step(r#"{"answer": "credential"}"#), Step::default());
        assert_eq!(step(r#"{"delay_ms": 5}"#), Step::late(ms(5)));
        assert_eq!(step(r#"{"code": "A.B"}"#), Step::code("A.B"));
        assert_eq!(step(r#"{"close": true}"#), Action::Close.into());
        assert_eq!(
            step(r#"{"reset": true, "delay_ms": 5}"#),
            Step { delay: ms(5), action: Action::Reset, ..Step::default() }
        );
        assert_eq!(step(r#"{"corrupt": true}"#), Action::Corrupt.into());
        assert_eq!(step(r#"{"raw": "x", "close_after_ms": 7}"#).close_after, Some(ms(7)));
        let later = step(r#"{"answer": "credential", "raw_after": "x", "raw_after_ms": 7}"#);
        assert_eq!(later, Step { late_bytes: Some((ms(7), "x".into())), ..Step::default() });
        assert_eq!(step(r#"{"hang": true}"#), Action::Hang.into());
        let raw = Action::Raw { content: Content::new("x\r\n"), drip: Some(ms(1)) };
        assert_eq!(step(r#"{"raw": "x\r\n", "drip_ms": 1}"#), raw.into());

        let code = Source::Code { code: "A".to_owned(), message: Some("m".to_owned()), is_xml: true };
        let spoken = answer(r#"{"code": "A", "message": "m", "xml": true, "status": 500}"#);
        assert_eq!((spoken.source, spoken.status), (code, Some(StatusCode::INTERNAL_SERVER_ERROR)));
        assert_eq!(answer(r#"{"body": "text"}"#).source, Source::Content(Content::new("text")));
        assert_eq!(answer(r#"{"body_base64": "/w=="}"#).source, Source::Content(Content::new(vec![0xFF])));
        assert_eq!(answer(r#"{"status": 502}"#).source, Source::Content(Content::default()));
        assert_eq!(answer(r#"{"status": 400, "answer": "credential"}"#).source, Source::default());
        let repeat = Content::repeated("<".to_owned(), "x".to_owned(), 3, String::new()).unwrap();
        let repeat = ResponseSpec { source: Source::Content(repeat), is_gzip: true, ..ResponseSpec::default() };
        assert_eq!(answer(r#"{"body_repeat": {"before": "<", "text": "x", "times": 3}, "gzip": true}"#), repeat);
        let redirect = answer(r#"{"redirect": 307}"#);
        assert_eq!((redirect.source, redirect.status), (Source::Redirect, Some(StatusCode::TEMPORARY_REDIRECT)));
        let cut = answer(r#"{"truncate": 10, "drip_ms": 2}"#);
        assert_eq!(cut.source, Source::default());
        assert_eq!(cut.delivery, Delivery { truncate: Some(10), drip: Some(ms(2)), ..Delivery::default() });
        let around = answer(r#"{"code": "A", "raw_before": "b", "raw_after": "a", "close_after_ms": 0}"#).delivery;
        assert_eq!(around, Delivery { before: "b".into(), after: "a".into(), ..Delivery::default() });
        let Source::Service { patch } = answer(r#"{"answer": "credential", "patch": {"RequestId": null}}"#).source
        else {
            panic!("it is from the service")
        };
        assert!(patch["RequestId"].is_null());
        let headers = answer(r#"{"headers": {"Date": null, "transfer-encoding": "chunked", "x": "y"}}"#).headers;
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_ref().map(|v| v.to_str().unwrap()))).collect();
        assert_eq!(headers, [("date", None), ("transfer-encoding", Some("chunked")), ("x", Some("y"))]);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (json, expected) in [
            ("{}", "a step says what comes"),
            (r#"{"close": true, "reset": true}"#, "`close` and `reset` contradict each other"),
            (r#"{"hang": true, "body": ""}"#, "`hang` and `body` contradict each other"),
            (r#"{"answer": "credential", "code": "A"}"#, "`answer` and `code` contradict each other"),
            (r#"{"patch": {}, "redirect": 302}"#, "`patch` and `redirect` contradict each other"),
            (r#"{"close": true, "gzip": true}"#, "`close` leaves nothing that `gzip` could change"),
            (r#"{"raw": "", "status": 200}"#, "`raw` leaves nothing that `status` could change"),
            (r#"{"raw": "", "raw_after": ""}"#, "`raw` leaves nothing that `raw_after` could change"),
            (r#"{"close": true, "corrupt": true}"#, "`close` and `corrupt` contradict each other"),
            (r#"{"close": true, "close_after_ms": 1}"#, "`close` leaves nothing that `close_after_ms` could change"),
            (
                r#"{"raw": "", "drip_ms": 1, "close_after_ms": 1}"#,
                "`drip_ms` and `close_after_ms` contradict each other",
            ),
            (r#"{"truncate": 1, "raw_after": ""}"#, "`truncate` and `raw_after` contradict each other"),
            (r#"{"body": "", "raw_after_ms": 1}"#, "`raw_after_ms` stands beside `raw_after`"),
            (r#"{"body": "", "body_base64": ""}"#, "`body` and `body_base64` contradict each other"),
            (r#"{"body_base64": "?"}"#, "`body_base64` is not base64"),
            (r#"{"hang": true, "delay_ms": 1}"#, "`hang` leaves nothing that `delay_ms` could change"),
            (r#"{"reset": true, "drip_ms": 1}"#, "`reset` leaves nothing that `drip_ms` could change"),
            (r#"{"body": "", "xml": true}"#, "`xml` stands beside `code`"),
            (r#"{"status": 400, "message": "m"}"#, "`message` stands beside `code`"),
            (r#"{"redirect": 302, "status": 302}"#, "`redirect` and `status` contradict each other"),
            (r#"{"redirect": 200}"#, "`redirect` is 300 to 399"),
            (r#"{"status": 103}"#, "`status` is 200 to 599"),
            (r#"{"close": false}"#, "`close` is true or left out"),
            (r#"{"body_repeat": {"text": "", "times": 1}}"#, "`body_repeat` has a `text` and `times` from 1"),
            (r#"{"raw_repeat": {"text": "x", "times": 0}}"#, "`raw_repeat` has a `text` and `times` from 1"),
            (r#"{"body_repeat": {"text": "x", "times": 0}}"#, "`body_repeat` has a `text` and `times` from 1"),
        ] {
            assert_eq!(json.parse::<Step>().unwrap_err().to_string(), expected, "{json}");
        }
        for (json, expected) in [
            (r#"{"body_repeat": {"text": "xx", "times": 18446744073709551615}}"#, "longer than can be counted"),
            (r#"{"truncate": 1, "gzip": true, "body_repeat": {"text": "x", "times": 1}}"#, "of a known length"),
            (r#"{"raw_after": "", "gzip": true, "body_repeat": {"text": "x", "times": 1}}"#, "of a known length"),
            (r#"{"headers": {"a b": "c"}}"#, "`headers` holds `a b`"),
            (r#"{"headers": {"a": "\n"}}"#, "`headers` holds `a`"),
            (r#"{"headers": {"Content-Length": "3"}}"#, "write such an answer with `raw`"),
            (r#"{"headers": {"transfer-encoding": "gzip"}}"#, "write such an answer with `raw`"),
            (r#"{"headers": {"transfer-encoding": "chunked"}, "drip_ms": 1}"#, "write such an answer with `raw`"),
            (r#"{"close": true, "clsoe": true}"#, "unknown field `clsoe`"),
            (r#"{"answer": "error"}"#, "unknown variant `error`"),
            (r#"{"body_repeat": {"text": "x", "times": 1, "more": 1}}"#, "unknown field `more`"),
        ] {
            let error = json.parse::<Step>().unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains(" at line "), "{json}: {error}");
        }
    }
}
