//! What is on the wire: byte for byte what was signed, and nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use common::{CREDENTIAL, LIMIT, answer, builder_for, client_at, client_for, emulator, server};
use devcred::{AccessKey, ErrorKind, SignatureMethod};
use devcred_emulator::Emulator;

/// Ids that are easy to encode, to normalise or to sort wrongly.
const ODD: [&str; 12] = [
    "GID_test@@@test",
    "GID_t@@@*~+ /%",
    "GID_t@@@%40%2B%20",
    "GID_t@@@!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "GID_t@@@caf\u{e9}",
    "GID_t@@@cafe\u{301}",
    "GID_设备@@@传感器-01",
    "GID_t@@@\u{1f511}",
    " leading and trailing ",
    "a=b&ClientId=c",
    "\u{202e}right to left",
    "\u{feff}byte order mark",
];

/// The percent-encoding of the documents, implemented again.
fn encoded(text: &str) -> String {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes().map(|b| if unreserved(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[tokio::test]
async fn what_arrives_is_what_was_signed_and_the_emulator_agrees() {
    let token = "CAIS+a/b==%2B~*";
    let emulator = Emulator::builder()
        .access_key_with_token("STS.id", "s3cr3t", token)
        .access_key("LTAI-id", "an+ot/her==")
        .start()
        .await
        .unwrap();
    let keys = [
        AccessKey::new("STS.id", "s3cr3t").unwrap().with_security_token(token).unwrap(),
        AccessKey::new("LTAI-id", "an+ot/her==").unwrap(),
    ];
    for signature in [SignatureMethod::Acs3HmacSha256, SignatureMethod::HmacSha1] {
        for key in &keys {
            let client = builder_for(&emulator).access_key(key.clone()).signature(signature);
            let client = client.max_requests_per_second(10_000).build().unwrap();
            for id in ODD {
                let instance = id.replace("@@@", "@@");
                let credential = client.get_device_credential(id).instance_id(&instance).await.unwrap();
                assert_eq!((credential.client_id(), credential.instance_id()), (id, instance.as_str()));

                let call = emulator.calls().pop().unwrap();
                assert_eq!(
                    (call.client_id.as_deref(), call.instance_id.as_deref()),
                    (Some(id), Some(instance.as_str()))
                );
                let parameters = format!("ClientId={}&", encoded(id));
                assert!(call.target.contains(&parameters), "{} does not contain {parameters}", call.target);
                if signature == SignatureMethod::Acs3HmacSha256 {
                    assert_eq!(call.target, format!("/?{parameters}InstanceId={}", encoded(&instance)));
                }
            }
        }
    }
}

#[tokio::test]
async fn the_request_is_a_post_without_a_body_or_superfluous_headers() {
    let (address, mut heads) = server(vec![answer("500 x", &[], b"")]).await;
    client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
    let head = heads.recv().await.unwrap();
    let mut lines: Vec<_> = head.trim_end().split("\r\n").collect();
    assert_eq!(
        lines.remove(0),
        "POST /?ClientId=GID_test%40%40%40test&InstanceId=post-cn-0pp12gl%2A%2A%2A%2A HTTP/1.1"
    );
    let mut names: Vec<_> = lines.iter().map(|line| line.split_once(": ").unwrap().0.to_ascii_lowercase()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "accept",
            "authorization",
            "content-length",
            "host",
            "user-agent",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
        ]
    );
    let value = |name: &str| {
        let line = lines.iter().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.unwrap().split_once(": ").unwrap().1
    };
    assert_eq!(value("content-length"), "0");
    assert_eq!(value("accept"), "application/json");
    assert_eq!(value("host"), address.to_string());
    assert_eq!(value("user-agent"), concat!("devcred/", env!("CARGO_PKG_VERSION"), " rust"));
}

#[tokio::test]
async fn the_older_signature_sends_no_header_of_the_newer_one() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).signature(SignatureMethod::HmacSha1).build().unwrap();
    client.get_device_credential("GID_test@@@test").await.unwrap();
    let call = emulator.calls().pop().unwrap();
    assert!(call.headers.iter().all(|(name, _)| !name.starts_with("x-acs-") && name != "authorization"), "{call:?}");
    assert!(call.target.contains("SignatureVersion=1.0"));
}

#[tokio::test]
async fn calls_in_a_row_share_a_connection() {
    let emulator = emulator().await;
    let client = client_for(&emulator);
    for _ in 0..5 {
        client.get_device_credential("GID_test@@@test").await.unwrap();
    }
    assert_eq!((emulator.calls().len(), emulator.accepted_connections()), (5, 1));
}

#[tokio::test]
async fn localhost_is_this_machine_whatever_the_resolver_says() {
    let emulator = emulator().await;
    let endpoint = format!("http://localhost:{}", emulator.address().port());
    let client = builder_for(&emulator).endpoint(endpoint).build().unwrap();
    client.get_device_credential("GID_test@@@test").await.unwrap();
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let emulator = emulator().await;
    let client = client_for(&emulator);
    let call = tokio::spawn(client.get_device_credential("GID_test@@@fault-hang").into_future());
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    call.abort();
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    let calls = emulator.calls();
    assert_eq!((calls.len(), calls[0].end), (1, Some(devcred_emulator::CallEnd::ClientClosed)));
}

#[tokio::test]
async fn a_response_with_a_content_encoding_is_not_decoded() {
    // A credential all the same: what is refused is the encoding.
    let credential = answer("200 OK", &["Content-Encoding: gzip"], CREDENTIAL.as_bytes());
    let (address, mut heads) = server(vec![credential]).await;
    let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::InvalidResponse, Some(200)));
    assert!(error.message().contains("Content-Encoding"), "{error}");
    assert!(!heads.recv().await.unwrap().to_ascii_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other, mut other_heads) = server(vec![answer("200 OK", &[], b"{}")]).await;
    let location = format!("Location: http://{other}/");
    for status in ["301 x", "302 x", "303 x", "307 x", "308 x"] {
        let (address, _heads) = server(vec![answer(status, &[&location], b"")]).await;
        let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidResponse, 1));
    }
    assert!(other_heads.try_recv().is_err());
}

#[tokio::test]
async fn a_body_is_read_up_to_64_kib() {
    let body = |length: usize| format!("{{\"x\":\"{}\"}}", "x".repeat(length - 8)).into_bytes();
    for (length, complaint) in [(64 * 1024, "has no DeviceCredential"), (64 * 1024 + 1, "longer than 64 KiB")] {
        let (address, _heads) = server(vec![answer("200 OK", &[], &body(length))]).await;
        let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert!(error.message().contains(complaint), "{error}");
    }
}

#[tokio::test]
async fn a_credential_without_a_request_id_has_the_headers() {
    let (address, _heads) = server(vec![answer("200 OK", &["X-Acs-Request-Id: ABC-1"], CREDENTIAL.as_bytes())]).await;
    let credential = client_at(address).get_device_credential("GID_test@@@test").await.unwrap();
    assert_eq!(credential.request_id(), "ABC-1");
}

#[tokio::test]
async fn headers_of_more_than_16_kib_are_an_error_and_fewer_are_not() {
    for (length, complaint) in
        [(17_000, "the response headers are longer than 16 KiB"), (15_000, "no DeviceCredential")]
    {
        let long = format!("X-Long: {}", "x".repeat(length));
        let (address, _heads) = server(vec![answer("200 OK", &[&long], b"{}")]).await;
        let error = client_at(address).get_device_credential("GID_test@@@test").await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable(), error.attempts()), (ErrorKind::InvalidResponse, false, 1));
        assert!(error.message().contains(complaint), "{error}");
    }
}
