//! A registration is sent again only if the service did not execute it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::time::Duration;

use common::{CREDENTIAL, answer, builder, builder_for, client_for, emulator, server};
use devcred::{AccessKey, Error, ErrorKind, SignatureMethod};
use devcred_emulator::{Emulator, RegisterExisting};
use tokio::net::TcpListener;

const DEVICE: &str = "GID_test@@@test";
const ADVICE: &str = "The device may have been registered. Fetch its credential (GetDeviceCredential) to find out; register again \
     only if it has none.";

fn assert_unknown(error: &Error, kind: ErrorKind) {
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (kind, 1, false), "{error}");
    assert_eq!(error.advice(), Some(ADVICE), "{error}");
}

#[tokio::test]
async fn a_device_is_registered_once_and_fetched_afterwards() {
    for signature in [SignatureMethod::Acs3HmacSha256, SignatureMethod::HmacSha1] {
        let emulator = Emulator::builder().device("GID_test@@@other").start().await.unwrap();
        let client = builder_for(&emulator).signature(signature).build().unwrap();
        assert_eq!(client.get_device_credential(DEVICE).await.unwrap_err().kind(), ErrorKind::NotFound);
        let registered = client.register_device_credential(DEVICE).await.unwrap();
        let fetched = client.get_device_credential(DEVICE).await.unwrap();
        assert_eq!(registered.client_id(), DEVICE);
        assert_eq!(registered.device_access_key_id(), fetched.device_access_key_id());
        assert_eq!(registered.device_access_key_secret().reveal(), fetched.device_access_key_secret().reveal());
        assert_eq!(registered.create_time(), registered.update_time());
        let operations: Vec<_> = emulator.calls().into_iter().map(|call| call.operation.unwrap()).collect();
        assert_eq!(operations, ["GetDeviceCredential", "RegisterDeviceCredential", "GetDeviceCredential"]);
    }
}

#[tokio::test]
async fn a_second_registration_replaces_the_credential_or_is_refused() {
    let rotating = emulator().await;
    let client = client_for(&rotating);
    let before = client.get_device_credential(DEVICE).await.unwrap();
    let after = client.register_device_credential(DEVICE).await.unwrap();
    assert_ne!(before.device_access_key_secret().reveal(), after.device_access_key_secret().reveal());
    assert!(after.update_time() > before.update_time());

    let refusing = Emulator::builder().register_existing(RegisterExisting::Refuse).start().await.unwrap();
    let error = client_for(&refusing).register_device_credential(DEVICE).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::AlreadyExists, 1, false));
    assert_eq!((error.code(), error.message()), (Some("DeviceCredentialExsit"), "Device Credential Exsit"));
}

#[tokio::test]
async fn a_full_instance_is_a_matter_of_the_account() {
    let emulator = Emulator::builder().device("GID_test@@@other").max_credentials(1).start().await.unwrap();
    let error = client_for(&emulator).register_device_credential(DEVICE).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("DeviceCredentialNumExceed")));
    assert!(error.advice().unwrap().contains("UnRegisterDeviceCredential"), "{error}");
}

#[tokio::test]
async fn a_lost_response_is_not_followed_by_another_request() {
    let emulator = Emulator::builder().device("GID_test@@@other").start().await.unwrap();
    let client = client_for(&emulator);
    for (device, billed) in [("GID_test@@@fault-lost", 1), ("GID_test@@@fault-close", 1)] {
        emulator.clear_calls();
        assert_unknown(&client.register_device_credential(device).await.unwrap_err(), ErrorKind::Transport);
        assert_eq!((emulator.calls().len(), emulator.billed()), (1, billed), "{device}");
    }
    let executed = emulator.device_access_key_secret(common::INSTANCE_ID, "GID_test@@@fault-lost");
    assert!(executed.is_some());
}

#[tokio::test]
async fn a_timeout_is_not_followed_by_another_request() {
    let emulator = emulator().await;
    let client = builder_for(&emulator).attempt_timeout(Duration::from_millis(100)).build().unwrap();
    let error = client.register_device_credential("GID_test@@@fault-hang").await.unwrap_err();
    assert_unknown(&error, ErrorKind::Timeout);
    assert_eq!(emulator.calls().len(), 1);
}

#[tokio::test]
async fn a_failure_of_the_service_is_not_followed_by_another_request() {
    let emulator = emulator().await;
    let client = client_for(&emulator);
    for (device, sent) in [("GID_test@@@fault-InternalError", 1), ("GID_test@@@fault-ServiceUnavailable", 2)] {
        assert_unknown(&client.register_device_credential(device).await.unwrap_err(), ErrorKind::Service);
        assert_eq!(emulator.calls().len(), sent);
    }
}

#[tokio::test]
async fn a_used_nonce_is_not_followed_by_another_request() {
    let emulator = emulator().await;
    let register = client_for(&emulator).register_device_credential("GID_test@@@fault-SignatureNonceUsed");
    assert_unknown(&register.await.unwrap_err(), ErrorKind::Authentication);
    assert_eq!(emulator.calls().len(), 1);
}

#[tokio::test]
async fn an_unreadable_success_leaves_the_outcome_open() {
    let another = CREDENTIAL.replace("@@@test", "@@@another");
    for body in [another.as_str(), "{}", "x"] {
        let (address, _heads) = server(vec![answer("200 OK", &[], body.as_bytes())]).await;
        let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
        let client = builder().endpoint(format!("http://{address}")).access_key(key).build().unwrap();
        assert_unknown(&client.register_device_credential(DEVICE).await.unwrap_err(), ErrorKind::InvalidResponse);
    }
}

#[tokio::test]
async fn a_refusal_before_execution_is_followed_by_another_request() {
    for fault in ["Throttling.User", "SystemOverFlow"] {
        let emulator = emulator().await;
        let device = format!("GID_test@@@fault-{fault}-1");
        client_for(&emulator).register_device_credential(device).await.unwrap();
        assert_eq!((emulator.calls().len(), emulator.billed()), (2, 1), "{fault}");
    }
    let emulator = Emulator::builder().clock_offset(24 * 3600).start().await.unwrap();
    client_for(&emulator).register_device_credential(DEVICE).await.unwrap();
    assert_eq!((emulator.calls().len(), emulator.billed()), (2, 1));
}

#[tokio::test]
async fn a_refused_connection_is_followed_by_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let key = AccessKey::new("LTAI-test", "s3cr3t").unwrap();
    let client = builder().endpoint(format!("http://{address}")).access_key(key).build().unwrap();
    let error = client.register_device_credential(DEVICE).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Transport, 3, true), "{error}");
    assert_ne!(error.advice(), Some(ADVICE));
}

#[tokio::test]
async fn a_missing_permission_is_named_with_the_operation() {
    let emulator = Emulator::builder().instance("post-cn-another").start().await.unwrap();
    let error = client_for(&emulator).register_device_credential(DEVICE).await.unwrap_err();
    assert_eq!(error.code(), Some("InstancePermissionCheckFailed"));
    assert!(error.advice().unwrap().contains("mq:RegisterDeviceCredential and mq:MqttInstanceAccess"), "{error}");
}
