use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use devcred_emulator::Step;
use schemars::schema_for;

use super::*;

fn case(call: &str, server: &str, expect: &str) -> Result<Case, String> {
    let text = format!(r#"{{"about": "x", "call": {call}, "server": {server}, "expect": {expect}}}"#);
    cases_of("a/file", &text).remove(0).1
}

#[test]
fn the_schema_that_is_checked_in_is_current() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../case.schema.json");
    let schema = format!("{:#}\n", schema_for!(CaseFile).to_value());
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        fs::write(&file, &schema).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == schema,
        "{} is not what case.rs says: DEVCRED_WRITE=1 cargo test -p devcred-conformance --lib writes it",
        file.display()
    );
}

#[test]
fn the_schema_has_the_emulators_keys_of_a_step() {
    let error = Step::deserialize(serde_json::json!({"?": 1})).unwrap_err().to_string();
    let (_, keys) = error.split_once("expected one of ").unwrap();
    let emulators: BTreeSet<_> = keys.split(", ").map(|key| key.trim_matches('`').to_owned()).collect();
    let schema = schema_for!(StepForm).to_value();
    let ours: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(ours, emulators);
}

#[test]
fn an_unknown_key_is_an_error_everywhere() {
    let expect = r#"{"outcome": "ok", "requests": 1}"#;
    assert!(case(r#"{"client_id": "x"}"#, "{}", expect).is_ok());
    for (call, server, expect, word) in [
        (r#"{"clientid": "x"}"#, "{}", expect, "clientid"),
        ("{}", r#"{"step": []}"#, expect, "step"),
        ("{}", r#"{"steps": [{"closed": true}]}"#, expect, "server.steps[0]"),
        ("{}", r#"{"steps": [{"close": true}, {"close": true, "code": "X"}]}"#, expect, "server.steps[1]"),
        ("{}", r#"{"access_keys": [{"id": "a", "secret": "b", "tokens": "c"}]}"#, expect, "tokens"),
        ("{}", r#"{"tls": "wrong"}"#, expect, "wrong"),
        ("{}", "{}", r#"{"outcome": "ok", "requests": 1, "took": 1}"#, "took"),
        ("{}", "{}", r#"{"outcome": "ok"}"#, "requests"),
        ("{}", "{}", r#"{"outcome": "ok", "requests": "failed"}"#, "Requests"),
        ("{}", "{}", r#"{"outcome": "ok", "requests": "ok", "ok": {"at_most": 1}}"#, "Count"),
        ("{}", "{}", r#"{"outcome": "ok", "requests": 1, "result": {"kind": "x"}}"#, "no key `kind`"),
        ("{}", "{}", r#"{"outcome": "ok", "requests": 1, "error": {"kind": "x"}}"#, "does not fit"),
    ] {
        let error = case(call, server, expect).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}

const EXPECT: &str = r#"{"outcome": "ok", "requests": 1}"#;

fn rows(rows: &str) -> Vec<NamedCase> {
    let call = r#"{"client_id": "x", "env": {"A": "1", "B": "2"}}"#;
    let text = format!(r#"{{"about": "all", "call": {call}, "expect": {EXPECT}, "rows": {rows}}}"#);
    cases_of("a/file", &text)
}

#[test]
fn each_row_is_a_case() {
    let cases = rows(
        r#"{"first": {}, "second": {"about": "one", "call": {"client_id": null, "env": {"A": null, "C": "3"}},
            "server": {"steps": [{"close": true}]}, "expect": {"requests": 2, "result": {"request_id": null}}}}"#,
    );
    let [(one, first), (other, second)] = <[NamedCase; 2]>::try_from(cases).unwrap();
    assert_eq!([one, other], ["a/file/first", "a/file/second"]);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!([first.about, second.about], ["all", "one"]);
    assert_eq!([first.expect.requests, second.expect.requests], [1, 2].map(Requests::Exactly));
    assert_eq!(second.call.json.get("client_id"), Some(&Value::Null));
    let set = |value: &str| Some(value.to_owned());
    let expected = [("A", None), ("B", set("2")), ("C", set("3"))].map(|(name, value)| (name.to_owned(), value));
    assert_eq!(second.call.form.env, BTreeMap::from(expected));
    assert_eq!((first.server.steps.len(), second.server.steps.len()), (0, 1));
    assert_eq!(second.expect.result.get("request_id").map(Option::is_none), Some(true));
}

#[test]
fn what_is_wrong_with_a_row_is_reported_with_its_name() {
    for (text, name, word) in [
        ("{}", "a/file", "`rows` is an object with at least one row"),
        ("[]", "a/file", "`rows` is an object"),
        (r#"{"a": {}, "a": {}}"#, "a/file", "the key `a` appears twice"),
        (r#"{"a": {"calls": {}}}"#, "a/file/a", "row \"a\": unknown field `calls`"),
        (r#"{"a": {"rows": {"b": {}}}}"#, "a/file/a", "unknown field `rows`"),
        (r#"{"a": {"call": {"client_id": 1}}}"#, "a/file/a", "invalid type"),
        (r#"{"a/b": {}}"#, "a/file/a/b", "the name of a row is made of a-z, 0-9 and -"),
    ] {
        let mut cases = rows(text);
        let (seen, case) = cases.remove(0);
        let wrong = case.unwrap_err();
        assert_eq!(seen, name);
        assert!(cases.is_empty() && wrong.starts_with("tests/cases/a/file.json") && wrong.contains(word), "{wrong}");
    }
}

#[test]
fn null_is_distinguished_from_absent() {
    let case = case(r#"{"endpoint": null}"#, "{}", r#"{"outcome": "ok", "requests": 0}"#).unwrap();
    assert_eq!(case.call.json.get("endpoint"), Some(&Value::Null));
    assert!(!case.call.json.contains_key("region"));
}

#[test]
fn the_device_secrets_in_steps_are_known() {
    let steps = r#"[{"patch": {"DeviceCredential": {"DeviceAccessKeySecret": "patched"}}}, {"close": true},
        {"patch": {"DeviceCredential": {"DeviceAccessKeySecret": null, "CreateTime": "no secret"}}},
        {"body": "{\"DeviceCredential\":{\"DeviceAccessKeySecret\" : \"in a body\",\"ClientId\":\"x\"}}"}]"#;
    let case = case("{}", &format!(r#"{{"steps": {steps}}}"#), r#"{"outcome": "ok", "requests": 1}"#).unwrap();
    assert_eq!(case.server.scripted_device_secrets(), ["patched", "in a body"]);
}
