//! Checks both signature methods against every vector of `tests/vectors`, and the vendor's recorded
//! requests.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{acs3, rpc};
use crate::http::request::{ApiRequest, HttpRequest};
use crate::server::api::check;
use crate::service::Service;
use crate::service::access_key::{AccessKey, AccessKeys};
use crate::service::clock::Clock;
use crate::service::device::Devices;
use crate::service::random::Random;

#[test]
fn acs3_hmac_sha256() {
    for (name, vector) in vectors("acs3-hmac-sha256") {
        let headers = pairs(&vector["headers"]);
        let authorization = acs3::Authorization::parse(text(&vector["authorization"])).unwrap();
        let canonical_request = acs3::canonical_request(
            text(&vector["method"]),
            text(&vector["pathname"]),
            &pairs(&vector["query"]),
            &headers,
            &authorization.signed_headers,
            text(&vector["hashed_payload"]),
        );
        assert_eq!(canonical_request, lines(&vector["canonical_request"]), "{name}");
        let string_to_sign = acs3::string_to_sign(&canonical_request);
        assert_eq!(string_to_sign, lines(&vector["string_to_sign"]), "{name}");
        let signature = acs3::signature(text(&vector["access_key_secret"]), &string_to_sign);
        assert_eq!(signature, text(&vector["signature"]), "{name}");
        assert_eq!(authorization.signature, signature, "{name}");
    }
}

#[test]
fn hmac_sha1() {
    for (name, vector) in vectors("hmac-sha1") {
        let string_to_sign = rpc::string_to_sign(text(&vector["method"]), &pairs(&vector["params"]));
        assert_eq!(string_to_sign, text(&vector["string_to_sign"]), "{name}");
        let signature = rpc::signature(text(&vector["access_key_secret"]), &string_to_sign);
        assert_eq!(signature, text(&vector["signature"]), "{name}");
    }
}

/// Every recorded request passes all checks with its own secret, and fails with another one.
#[test]
fn wire() {
    for (name, vector) in vectors("wire") {
        let http = http_request(&vector);
        let request = ApiRequest::read(&http).unwrap();
        let checked = |secret| check(&service(&vector, secret), &http, &request);

        let command = checked(text(&vector["access_key_secret"])).unwrap();
        assert_eq!(command.client_id(), vector["client_id"].as_str(), "{name}");
        assert_eq!(checked("another").err().unwrap().code, "SignatureDoesNotMatch", "{name}");
    }
}

fn service(vector: &Value, secret: &str) -> Service {
    let access_key = AccessKey {
        access_key_id: text(&vector["access_key_id"]).to_owned(),
        access_key_secret: secret.to_owned(),
        security_token: vector["security_token"].as_str().map(str::to_owned),
        valid_for: None,
    };
    let devices =
        Devices::new(vec![text(&vector["instance_id"]).to_owned()], vec![text(&vector["client_id"]).to_owned()]);
    let clock = Clock::stopped_at(text(&vector["date"]));
    Service::new(AccessKeys::new(vec![access_key]), devices, clock, Random::from_system().unwrap())
}

fn http_request(vector: &Value) -> HttpRequest {
    let line: Vec<&str> = text(&vector["request_line"]).split(' ').collect();
    let (path, query) = line[1].split_once('?').unwrap();
    let headers = vector["request_headers"].as_array().unwrap().iter();
    HttpRequest {
        method: line[0].to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .map(|header| text(header).split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: text(&vector["request_body"]).into(),
    }
}

/// Returns every vector of a folder, with its file name.
fn vectors(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(folder);
    let vectors: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    assert!(!vectors.is_empty());
    vectors
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn lines(value: &Value) -> String {
    let lines: Vec<&str> = value.as_array().unwrap().iter().map(text).collect();
    lines.join("\n")
}

/// Returns the pairs in reverse, an order that no signature may depend on.
fn pairs(value: &Value) -> Vec<(String, String)> {
    let pairs = value.as_object().unwrap().iter().rev();
    pairs.map(|(name, value)| (name.clone(), text(value).to_owned())).collect()
}
