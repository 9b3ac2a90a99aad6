//! `devcred register`: its result, and the exit statuses that tell a script what to do next.

use devcred_emulator::RegisterExisting;
use serde_json::Value;

use crate::command::{devcred, run};
use crate::service::{INSTANCE, Service};

const DEVICE: &str = "GID_test@@@device-1";

#[test]
fn a_device_is_registered_and_its_credential_is_printed_as_by_get() {
    let service = Service::with(|builder| builder.device("GID_test@@@other"));
    assert_eq!(run(&mut service.get(DEVICE, &[])).status, Some(4));
    let registered = run(&mut service.register(DEVICE, &["--output", "json"]));
    assert_eq!((registered.status, registered.stderr.as_str()), (Some(0), ""));
    let fetched = run(&mut service.get(DEVICE, &["--output", "json"]));
    let credential = |text: &str| serde_json::from_str::<Value>(text).unwrap()["DeviceCredential"].clone();
    assert_eq!(credential(&registered.stdout), credential(&fetched.stdout));
    let operations: Vec<_> = service.calls().into_iter().filter_map(|call| call.operation).collect();
    assert_eq!(operations, ["GetDeviceCredential", "RegisterDeviceCredential", "GetDeviceCredential"]);
}

#[test]
fn a_registered_device_is_7_or_gets_a_new_credential() {
    let refusing = Service::with(|builder| builder.register_existing(RegisterExisting::Refuse));
    let ended = run(&mut refusing.register(DEVICE, &[]));
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(7), ""));
    assert!(ended.stderr.contains("AlreadyExists: Device Credential Exsit (DeviceCredentialExsit"), "{}", ended.stderr);

    let rotating = Service::start();
    let before = run(&mut rotating.get(DEVICE, &["--output", "mqtt"])).stdout;
    let after = run(&mut rotating.register(DEVICE, &["--output", "mqtt"]));
    assert_eq!(after.status, Some(0));
    assert_ne!(after.stdout, before);
}

#[test]
fn a_full_instance_is_3() {
    let service = Service::with(|builder| builder.device("GID_test@@@other").max_credentials(1));
    let ended = run(&mut service.register(DEVICE, &[]));
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("UnRegisterDeviceCredential"), "{}", ended.stderr);
}

#[test]
fn an_unknown_outcome_is_6_after_one_request_and_says_how_to_find_out() {
    let service = Service::with(|builder| builder.device("GID_test@@@other"));
    for device in ["GID_x@@@fault-lost-1", "GID_x@@@fault-InternalError"] {
        service.clear_calls();
        let ended = run(&mut service.register(device, &[]));
        assert_eq!((ended.status, service.calls().len()), (Some(6), 1), "{}", ended.stderr);
        assert!(ended.stderr.contains("The device may have been registered."), "{}", ended.stderr);
    }
    assert_eq!(run(&mut service.get("GID_x@@@fault-lost-1", &[])).status, Some(0));
}

#[test]
fn a_newcomer_can_try_it_without_an_account() {
    let ended = run(&mut devcred(["register", DEVICE, "--instance-id", INSTANCE, "--emulator"]));
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.contains(DEVICE));
}
