//! The two forms of an error on stderr.

use serde_json::{Value, json};

use crate::command::run;
use crate::service::{Service, get};

#[test]
fn text_says_what_happened_and_what_to_do() {
    for output in ["text", "mqtt"] {
        let service = Service::with(|builder| builder.device("GID_a@@@b"));
        let ended = run(&mut service.get("GID_a@@@c", &["--output", output]));
        let request_id = service.calls()[0].request_id.clone();
        assert_eq!(
            ended.stderr,
            format!(
                "NotFound: The device credential does not exist. (DeviceCredentialNotFound, request id {request_id})\n\
                 Register the device first (RegisterDeviceCredential), and only once: registering it again fails or \
                 replaces its secret.\n\
                 See https://api.aliyun.com/troubleshoot?q=DeviceCredentialNotFound&requestId={request_id}\n"
            )
        );
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn json_has_every_member() {
    let service = Service::with(|builder| builder.device("GID_a@@@b"));
    let ended = run(&mut service.get("GID_a@@@c", &["--output", "json"]));
    let request_id = service.calls()[0].request_id.clone();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(4), ""));
    let error: Value = serde_json::from_str(&ended.stderr).unwrap();
    assert_eq!(
        error,
        json!({
            "kind": "NotFound",
            "code": "DeviceCredentialNotFound",
            "message": "The device credential does not exist.",
            "client_id": "GID_a@@@c",
            "instance_id": "post-cn-test",
            "http_status": 400,
            "request_id": request_id,
            "retryable": false,
            "possibly_billed": false,
            "retry_after_ms": null,
            "attempts": 1,
            "help_url": format!(
                "https://api.aliyun.com/troubleshoot?q=DeviceCredentialNotFound&requestId={request_id}"
            ),
            "advice": "Register the device first (RegisterDeviceCredential), and only once: registering it again fails or \
                       replaces its secret.",
        })
    );
    assert_eq!(ended.stderr.lines().count(), 1);
}

#[test]
fn json_has_null_for_what_is_absent() {
    let ended = run(&mut get("GID_a@@@b", &["--region", "?", "--output", "json"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    let error: Value = serde_json::from_str(&ended.stderr).unwrap();
    assert_eq!(
        error,
        json!({
            "kind": "InvalidParameter",
            "code": null,
            "message": "region may contain only lower-case letters, digits and hyphens, as in cn-hangzhou",
            "client_id": null,
            "instance_id": null,
            "http_status": null,
            "request_id": null,
            "retryable": false,
            "possibly_billed": false,
            "retry_after_ms": null,
            "attempts": 0,
            "help_url": null,
            "advice": null,
        })
    );
}
