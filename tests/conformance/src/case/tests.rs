use std::collections::BTreeSet;
use std::path::PathBuf;

use devcred_emulator::Step;
use schemars::schema_for;

use super::*;

fn case(call: &str, server: &str, expect: &str) -> Result<Case, String> {
    Case::parse(&format!(r#"{{"about": "x", "call": {call}, "server": {server}, "expect": {expect}}}"#))
}

#[test]
fn the_schema_that_is_checked_in_is_current() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../case.schema.json");
    let schema = format!("{:#}\n", schema_for!(Case).to_value());
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
fn an_unknown_key_is_an_error_wherever_it_stands() {
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

#[test]
fn null_is_kept_apart_from_absent() {
    let case = case(r#"{"endpoint": null}"#, "{}", r#"{"outcome": "ok", "requests": 0}"#).unwrap();
    assert_eq!(case.call.written.get("endpoint"), Some(&Value::Null));
    assert!(!case.call.written.contains_key("region"));
}

#[test]
fn the_secrets_that_steps_answer_with_are_known() {
    let steps = r#"[{"patch": {"DeviceCredential": {"DeviceAccessKeySecret": "patched"}}}, {"close": true},
        {"patch": {"DeviceCredential": {"DeviceAccessKeySecret": null, "CreateTime": "no secret"}}},
        {"body": "{\"DeviceCredential\":{\"DeviceAccessKeySecret\" : \"in a body\",\"ClientId\":\"x\"}}"}]"#;
    let case = case("{}", &format!(r#"{{"steps": {steps}}}"#), r#"{"outcome": "ok", "requests": 1}"#).unwrap();
    assert_eq!(case.server.scripted_device_secrets(), ["patched", "in a body"]);
}
