//! Secrets are in memory until they are dropped, and not afterwards: SECURITY.md, "What is wiped
//! from memory".
//!
//! The read buffers of the HTTP library keep a device's secret for a while, for which there is no
//! promise. The secret here therefore comes from a response that did not pass through HTTP.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test may fail")]

mod common;
#[path = "common/memory.rs"]
mod memory;

use std::io::BufRead;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{INSTANCE_ID, builder};
use devcred::testing::FixedCall;
use devcred::{AccessKey, ErrorKind, SignatureMethod};
use devcred_emulator::Emulator;
use hmac::{Hmac, KeyInit, Mac};
use memory::{Holder, masked, tail, unmasked};
use zeroize::Zeroizing;

const CLIENT_ID: &str = "GID_test@@@test";
const ENDPOINT_VARIABLE: &str = "DEVCRED_TEST_ENDPOINT";
const KEY_ID: &str = "LTAI-wiping";

/// The test runs itself again, as the process that is searched.
#[test]
fn a_secret_is_found_until_it_is_dropped() {
    if let Ok(endpoint) = std::env::var(ENDPOINT_VARIABLE) {
        return create_and_drop(endpoint);
    }
    let account = "account-secret-0123456789-abcdefghijklmnopqrstuvwxyz-QWERTZUIOPASDFGH";
    let device = "device-secret-9876543210-zyxwvutsrqponmlkjihgfedcba-YXCVBNMLKJHGFDSAQW";
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(device.as_bytes()).unwrap();
    mac.update(CLIENT_ID.as_bytes());
    let password = STANDARD.encode(mac.finalize().into_bytes());
    let needles = [account, device, &password].map(tail);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let emulator = runtime.block_on(Emulator::builder().access_key(KEY_ID, account).start()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--nocapture").env(ENDPOINT_VARIABLE, emulator.endpoint());
    let mut holder = Holder::start(&mut command);
    holder.send(&masked(account));
    holder.send(&masked(device));
    holder.await_text("created");
    let counts = holder.counts(needles);
    assert!(counts.iter().all(|count| *count > 0), "account secret, device secret, MQTT password: {counts:?}");
    holder.send("");
    holder.await_text("dropped");
    assert_eq!(holder.counts(needles), [0; 3], "account secret, device secret, MQTT password when dropped");
    holder.send("");
    holder.end();
}

/// Reads a secret, and unmasks it into memory that is wiped or passed on whole.
fn secret() -> String {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    unmasked(line.trim_end())
}

fn pause(what: &str) {
    println!("{what}");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

fn create_and_drop(endpoint: String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let [account, device] = [(); 2].map(|()| Zeroizing::new(secret()));
    let key = AccessKey::new(KEY_ID, account.as_str()).unwrap();

    let client = builder().endpoint(endpoint).access_key(key.clone()).build().unwrap();
    runtime.block_on(async {
        client.get_device_credential(CLIENT_ID).await.unwrap();
        let retried = client.get_device_credential("GID_test@@@fault-InternalError").await.unwrap_err();
        assert_eq!((retried.kind(), retried.attempts()), (ErrorKind::Service, 3));
    });

    let call = FixedCall {
        signature_method: SignatureMethod::Acs3HmacSha256,
        client_id: CLIENT_ID,
        instance_id: INSTANCE_ID,
        key: &key,
    };
    let body = |before: &str, secret: &str, after: &str| {
        let mut body = Zeroizing::new(Vec::with_capacity(1024));
        [before, secret, after].iter().for_each(|part| body.extend_from_slice(part.as_bytes()));
        body
    };
    let answer = body(
        r#"{"RequestId":"ABC-1","DeviceCredential":{"ClientId":"GID_test@@@test","InstanceId":"post-cn-0pp12gl****","CreateTime":1,
            "UpdateTime":2,"DeviceAccessKeyId":"DC.id","DeviceAccessKeySecret":""#,
        &device,
        r#""}}"#,
    );
    let credential = call.read(200, &[], &answer).unwrap();
    let login = credential.mqtt_login();
    // Invalid responses that contain the secret.
    for (before, after) in [
        (r#"{"DeviceCredential":{"ClientId":"other","DeviceAccessKeySecret":""#, r#""}}"#),
        (r#"{"DeviceCredential":{"ClientId":"GID_test@@@test","InstanceId":"x","UpdateTime":""#, r#""}}"#),
    ] {
        let error = call.read(200, &[], &body(before, &device, after)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    }
    // A request id that repeats the secret is not used.
    let once = body(r#"{"DeviceCredential":{"DeviceAccessKeySecret":""#, &device, r#""},"RequestId":""#);
    let twice = body(std::str::from_utf8(&once).unwrap(), &device, r#""}"#);
    let error = call.read(200, &[], &twice).unwrap_err();
    assert_eq!(error.request_id(), None);
    // A message that repeats the account's secret, which is redacted. It is long, so that freed
    // memory is not soon used again.
    let long = "x".repeat(600);
    let before = format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"{long} "#);
    let message = body(&before, &account, r#" b"}"#);
    let refused = call.read(400, &[], &message).unwrap_err();
    assert_eq!(refused.message(), format!("{long} <redacted> b"));

    pause("created");
    drop((answer, once, twice, message, login, credential, device, account, client, key, runtime));
    pause("dropped");
}
