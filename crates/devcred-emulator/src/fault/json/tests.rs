//! Parses steps, and refuses wrong ones.

use std::time::Duration;

use axum::http::StatusCode;

use crate::fault::step::{Action, Delivery, ResponseSpec, Source, Step};
use crate::http::content::Content;

fn step(json: &str) -> Step {
    json.parse().unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn response(json: &str) -> ResponseSpec {
    match step(json).action {
        Action::Respond(response) => response,
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn each_key_is_parsed() {
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
    let code_response = response(r#"{"code": "A", "message": "m", "xml": true, "status": 500}"#);
    assert_eq!((code_response.source, code_response.status), (code, Some(StatusCode::INTERNAL_SERVER_ERROR)));
    assert_eq!(response(r#"{"body": "text"}"#).source, Source::Content(Content::new("text")));
    assert_eq!(response(r#"{"body_base64": "/w=="}"#).source, Source::Content(Content::new(vec![0xFF])));
    assert_eq!(response(r#"{"status": 502}"#).source, Source::Content(Content::default()));
    assert_eq!(response(r#"{"status": 400, "answer": "credential"}"#).source, Source::default());
    let repeat = Content::repeated("<".to_owned(), "x".to_owned(), 3, String::new()).unwrap();
    let repeat = ResponseSpec { source: Source::Content(repeat), is_gzip: true, ..ResponseSpec::default() };
    assert_eq!(response(r#"{"body_repeat": {"before": "<", "text": "x", "times": 3}, "gzip": true}"#), repeat);
    let redirect = response(r#"{"redirect": 307}"#);
    assert_eq!((redirect.source, redirect.status), (Source::Redirect, Some(StatusCode::TEMPORARY_REDIRECT)));
    let truncated = response(r#"{"truncate": 10, "drip_ms": 2}"#);
    assert_eq!(truncated.source, Source::default());
    assert_eq!(truncated.delivery, Delivery { truncate: Some(10), drip: Some(ms(2)), ..Delivery::default() });
    let around = response(r#"{"code": "A", "raw_before": "b", "raw_after": "a", "close_after_ms": 0}"#).delivery;
    assert_eq!(around, Delivery { before: "b".into(), after: "a".into(), ..Delivery::default() });
    let Source::Service { patch } = response(r#"{"answer": "credential", "patch": {"RequestId": null}}"#).source else {
        panic!("it is from the service")
    };
    assert!(patch["RequestId"].is_null());
    let headers = response(r#"{"headers": {"Date": null, "transfer-encoding": "chunked", "x": "y"}}"#).headers;
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_ref().map(|v| v.to_str().unwrap()))).collect();
    assert_eq!(headers, [("date", None), ("transfer-encoding", Some("chunked")), ("x", Some("y"))]);
}

#[test]
fn contradictory_keys_are_refused() {
    for (json, expected) in [
        ("{}", "a step must say what happens"),
        (r#"{"close": true, "reset": true}"#, "`close` and `reset` contradict each other"),
        (r#"{"hang": true, "body": ""}"#, "`hang` and `body` contradict each other"),
        (r#"{"answer": "credential", "code": "A"}"#, "`answer` and `code` contradict each other"),
        (r#"{"patch": {}, "redirect": 302}"#, "`patch` and `redirect` contradict each other"),
        (r#"{"close": true, "gzip": true}"#, "`gzip` has no effect with `close`"),
        (r#"{"raw": "", "status": 200}"#, "`status` has no effect with `raw`"),
        (r#"{"raw": "", "raw_after": ""}"#, "`raw_after` has no effect with `raw`"),
        (r#"{"close": true, "corrupt": true}"#, "`close` and `corrupt` contradict each other"),
        (r#"{"close": true, "close_after_ms": 1}"#, "`close_after_ms` has no effect with `close`"),
        (r#"{"raw": "", "drip_ms": 1, "close_after_ms": 1}"#, "`drip_ms` and `close_after_ms` contradict each other"),
        (r#"{"truncate": 1, "raw_after": ""}"#, "`truncate` and `raw_after` contradict each other"),
        (r#"{"body": "", "raw_after_ms": 1}"#, "`raw_after_ms` requires `raw_after`"),
        (r#"{"body": "", "body_base64": ""}"#, "`body` and `body_base64` contradict each other"),
        (r#"{"body_base64": "?"}"#, "`body_base64` is not valid base64"),
        (r#"{"hang": true, "delay_ms": 1}"#, "`delay_ms` has no effect with `hang`"),
        (r#"{"reset": true, "drip_ms": 1}"#, "`drip_ms` has no effect with `reset`"),
        (r#"{"body": "", "xml": true}"#, "`xml` requires `code`"),
        (r#"{"status": 400, "message": "m"}"#, "`message` requires `code`"),
        (r#"{"redirect": 302, "status": 302}"#, "`redirect` and `status` contradict each other"),
        (r#"{"redirect": 200}"#, "`redirect` must be 300 to 399"),
        (r#"{"status": 103}"#, "`status` must be 200 to 599"),
        (r#"{"close": false}"#, "`close` must be true or left out"),
        (
            r#"{"body_repeat": {"text": "", "times": 1}}"#,
            "`body_repeat` requires a non-empty `text` and `times` of at least 1",
        ),
        (
            r#"{"raw_repeat": {"text": "x", "times": 0}}"#,
            "`raw_repeat` requires a non-empty `text` and `times` of at least 1",
        ),
        (
            r#"{"body_repeat": {"text": "x", "times": 0}}"#,
            "`body_repeat` requires a non-empty `text` and `times` of at least 1",
        ),
    ] {
        assert_eq!(json.parse::<Step>().unwrap_err().to_string(), expected, "{json}");
    }
    for (json, expected) in [
        (r#"{"body_repeat": {"text": "xx", "times": 18446744073709551615}}"#, "is too long"),
        (r#"{"truncate": 1, "gzip": true, "body_repeat": {"text": "x", "times": 1}}"#, "of a known length"),
        (r#"{"raw_after": "", "gzip": true, "body_repeat": {"text": "x", "times": 1}}"#, "of a known length"),
        (r#"{"headers": {"a b": "c"}}"#, "`headers` contains `a b`"),
        (r#"{"headers": {"a": "\n"}}"#, "`headers` contains `a`"),
        (r#"{"headers": {"Content-Length": "3"}}"#, "use `raw` to write such a response"),
        (r#"{"headers": {"transfer-encoding": "gzip"}}"#, "use `raw` to write such a response"),
        (r#"{"headers": {"transfer-encoding": "chunked"}, "drip_ms": 1}"#, "use `raw` to write such a response"),
        (r#"{"close": true, "clsoe": true}"#, "unknown field `clsoe`"),
        (r#"{"answer": "error"}"#, "unknown variant `error`"),
        (r#"{"body_repeat": {"text": "x", "times": 1, "more": 1}}"#, "unknown field `more`"),
    ] {
        let error = json.parse::<Step>().unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains(" at line "), "{json}: {error}");
    }
}
