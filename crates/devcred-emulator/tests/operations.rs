//! Tests the operations on requests with a valid signature.

mod common;

use common::{Acs3, ID, Request, SECRET, emulator, get, get_by_rpc};
use devcred_emulator::{Emulator, RegisterExisting};
use serde_json::json;

const CLIENT_ID: &str = "GID_demo@@@device-1";

fn call(emulator: &Emulator, action: &str, client_id: &str) -> Acs3 {
    Acs3::new(emulator, action).parameter("ClientId", client_id).parameter("InstanceId", "post-cn-demo")
}

fn list(emulator: &Emulator) -> Acs3 {
    let list = Acs3::new(emulator, "ListDeviceCredentialClientId");
    list.parameter("GroupId", "GID_demo").parameter("InstanceId", "post-cn-demo").parameter("PageSize", "2")
}

#[tokio::test]
async fn ids_are_checked() {
    let emulator = emulator().await;
    let get = || get(&emulator, CLIENT_ID);
    get().without_parameter("ClientId").send().await.assert_refused(400, "MissingClientId");
    get().without_parameter("InstanceId").send().await.assert_refused(400, "MissingInstanceId");
    get().parameter("ClientId", "").send().await.assert_refused(400, "InvalidParameter.ClientId");
    get().parameter("InstanceId", "").send().await.assert_refused(400, "InvalidParameter.InstanceId");
    for client_id in ["a\tb", "a\n", "\u{7f}", &"x".repeat(65), &"设".repeat(65)] {
        let response = get().parameter("ClientId", client_id).send().await;
        response.assert_refused(400, "InvalidParameter.ClientId");
    }
    for client_id in [&"x".repeat(64), &"设".repeat(64)] {
        get().parameter("ClientId", client_id).send().await.assert_ok();
    }
}

#[tokio::test]
async fn a_credential_stays_the_same_for_each_device_and_instance() {
    let emulator = emulator().await;
    let first = get(&emulator, CLIENT_ID).send().await.credential();
    assert_eq!(get(&emulator, CLIENT_ID).send().await.credential(), first);
    assert_eq!(get_by_rpc(&emulator, CLIENT_ID).send().await.credential(), first);
    let secret = emulator.device_access_key_secret("post-cn-demo", CLIENT_ID);
    assert_eq!(secret.as_deref(), first["DeviceAccessKeySecret"].as_str());
    assert_eq!(emulator.device_access_key_secret("post-cn-demo", "GID_demo@@@nobody"), None);
    let of_another = get(&emulator, "GID_demo@@@device-2").send().await.credential();
    let elsewhere = get(&emulator, CLIENT_ID).parameter("InstanceId", "post-cn-two").send().await.credential();
    for other in [of_another, elsewhere] {
        assert_ne!(other["DeviceAccessKeyId"], first["DeviceAccessKeyId"]);
        assert_ne!(other["DeviceAccessKeySecret"], first["DeviceAccessKeySecret"]);
    }
}

#[tokio::test]
async fn configured_instances_and_devices_are_the_only_ones() {
    let start = async |instances: &[&str], devices: &[&str]| {
        let mut builder = Emulator::builder().access_key(ID, SECRET);
        for instance_id in instances {
            builder = builder.instance(*instance_id);
        }
        for client_id in devices {
            builder = builder.device(*client_id);
        }
        builder.start().await.unwrap()
    };
    let codes = async |emulator: &Emulator| {
        let mut codes = Vec::new();
        for (client_id, instance_id) in [("known", "known"), ("other", "known"), ("known", "other"), ("other", "other")]
        {
            let response = get(emulator, client_id).parameter("InstanceId", instance_id).send().await;
            assert!(matches!(response.status, 200 | 400));
            codes.push(response.code());
        }
        codes
    };
    let (ok, instance, device) = ("", "InstancePermissionCheckFailed", "DeviceCredentialNotFound");
    assert_eq!(codes(&start(&[], &[]).await).await, [ok, ok, ok, ok]);
    assert_eq!(codes(&start(&["known"], &[]).await).await, [ok, ok, instance, instance]);
    assert_eq!(codes(&start(&[], &["known"]).await).await, [ok, device, ok, device]);
    assert_eq!(codes(&start(&["known"], &["known"]).await).await, [ok, device, instance, instance]);
}

#[tokio::test]
async fn register_makes_a_new_credential_every_time() {
    let emulator = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@other").start().await.unwrap();
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "DeviceCredentialNotFound");
    let first = call(&emulator, "RegisterDeviceCredential", CLIENT_ID).send().await.credential();
    assert_eq!(get(&emulator, CLIENT_ID).send().await.credential(), first);
    let second = call(&emulator, "RegisterDeviceCredential", CLIENT_ID).send().await.credential();
    assert_ne!(second["DeviceAccessKeyId"], first["DeviceAccessKeyId"]);
    assert_ne!(second["DeviceAccessKeySecret"], first["DeviceAccessKeySecret"]);
    assert_eq!(get(&emulator, CLIENT_ID).send().await.credential(), second);
}

#[tokio::test]
async fn register_may_refuse_a_device_that_has_a_credential() {
    let builder = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@other");
    let emulator = builder.register_existing(RegisterExisting::Refuse).start().await.unwrap();
    let register = async || call(&emulator, "RegisterDeviceCredential", CLIENT_ID).send().await;
    let first = register().await.credential();
    let refused = register().await;
    refused.assert_refused(400, "DeviceCredentialExsit");
    assert_eq!(refused.json()["Message"], "Device Credential Exsit");
    assert_eq!(get(&emulator, CLIENT_ID).send().await.credential(), first);
    let configured = call(&emulator, "RegisterDeviceCredential", "GID_x@@@other").send().await;
    configured.assert_refused(400, "DeviceCredentialExsit");
    call(&emulator, "UnRegisterDeviceCredential", CLIENT_ID).send().await.assert_ok();
    assert_ne!(register().await.credential()["DeviceAccessKeySecret"], first["DeviceAccessKeySecret"]);
}

#[tokio::test]
async fn register_fills_an_instance_up_to_its_limit() {
    let builder = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@1");
    let emulator = builder.max_credentials(2).start().await.unwrap();
    let register = async |client_id| call(&emulator, "RegisterDeviceCredential", client_id).send().await;
    register("GID_x@@@2").await.assert_ok();
    let refused = register("GID_x@@@3").await;
    refused.assert_refused(400, "DeviceCredentialNumExceed");
    assert_eq!(
        refused.json()["Message"],
        "The number of device credentia exceeds the limit. Please revoke unused device certificates"
    );
    register("GID_x@@@2").await.assert_ok();
    let elsewhere = call(&emulator, "RegisterDeviceCredential", "GID_x@@@3").parameter("InstanceId", "post-cn-two");
    elsewhere.send().await.assert_ok();
    call(&emulator, "UnRegisterDeviceCredential", "GID_x@@@1").send().await.assert_ok();
    register("GID_x@@@3").await.assert_ok();
}

#[tokio::test]
async fn refresh_changes_the_secret_only() {
    let emulator = Emulator::builder().access_key(ID, SECRET).device(CLIENT_ID).start().await.unwrap();
    let before = get(&emulator, CLIENT_ID).send().await.credential();
    let after = call(&emulator, "RefreshDeviceCredential", CLIENT_ID).send().await.credential();
    assert_ne!(after["DeviceAccessKeySecret"], before["DeviceAccessKeySecret"]);
    for member in ["ClientId", "InstanceId", "DeviceAccessKeyId", "CreateTime"] {
        assert_eq!(after[member], before[member]);
    }
    assert!(after["UpdateTime"].as_u64() >= before["UpdateTime"].as_u64());
    assert_eq!(get(&emulator, CLIENT_ID).send().await.credential(), after);
    let unknown = call(&emulator, "RefreshDeviceCredential", "GID_demo@@@unknown");
    unknown.send().await.assert_refused(400, "DeviceCredentialNotFound");
}

#[tokio::test]
async fn unregister_drops_the_credential_until_it_is_registered_again() {
    let emulator = emulator().await;
    let unregister = async || call(&emulator, "UnRegisterDeviceCredential", CLIENT_ID).send().await;
    let response = unregister().await.assert_ok();
    assert_eq!(response.as_object().unwrap().keys().collect::<Vec<_>>(), ["RequestId"]);
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "DeviceCredentialNotFound");
    unregister().await.assert_refused(400, "DeviceCredentialNotFound");
    call(&emulator, "RegisterDeviceCredential", CLIENT_ID).send().await.assert_ok();
    get(&emulator, CLIENT_ID).send().await.assert_ok();
}

#[tokio::test]
async fn every_operation_refuses_an_unknown_instance() {
    let emulator = Emulator::builder().access_key(ID, SECRET).instance("post-cn-other").start().await.unwrap();
    for action in ["RegisterDeviceCredential", "RefreshDeviceCredential", "UnRegisterDeviceCredential"] {
        let response = call(&emulator, action, CLIENT_ID).send().await;
        response.assert_refused(400, "InstancePermissionCheckFailed");
    }
    list(&emulator).send().await.assert_refused(400, "InstancePermissionCheckFailed");
}

#[tokio::test]
async fn list_goes_page_by_page_and_writes_numbers_as_strings() {
    let emulator = emulator().await;
    for client_id in ["GID_demo@@@c", "GID_demo@@@a", "GID_demo@@@b", "GID_demo2@@@a"] {
        get(&emulator, client_id).send().await.assert_ok();
    }
    get(&emulator, "GID_demo@@@z").parameter("InstanceId", "elsewhere").send().await.assert_ok();

    let page = async |list: Acs3| list.send().await.assert_ok()["DeviceCredentialClientIdList"].clone();
    let ids = ["GID_demo@@@a", "GID_demo@@@b"];
    let first = json!({"ClientIdList": ids, "NextToken": "2", "PageNo": "1", "PageSize": "2", "Total": "3"});
    assert_eq!(page(list(&emulator)).await, first);
    let second =
        json!({"ClientIdList": ["GID_demo@@@c"], "NextToken": "", "PageNo": "2", "PageSize": "2", "Total": "3"});
    assert_eq!(page(list(&emulator).parameter("PageNo", "2")).await, second);
    assert_eq!(page(list(&emulator).parameter("NextToken", "2").parameter("PageNo", "1")).await, second);
    assert_eq!(page(list(&emulator).method("GET").parameter("PageNo", "2")).await, second);
    let full = page(list(&emulator).parameter("PageSize", "3")).await;
    assert_eq!((&full["NextToken"], &full["Total"]), (&json!(""), &json!("3")));
    let beyond = page(list(&emulator).parameter("PageNo", &usize::MAX.to_string())).await;
    assert_eq!(beyond["ClientIdList"], json!([]));
}

#[tokio::test]
async fn list_shows_configured_devices_and_no_unregistered_ones() {
    let builder = Emulator::builder().access_key(ID, SECRET).device("GID_demo@@@a").device("GID_demo@@@b");
    let emulator = builder.start().await.unwrap();
    call(&emulator, "UnRegisterDeviceCredential", "GID_demo@@@a").send().await.assert_ok();
    get(&emulator, "GID_demo@@@unknown").send().await.assert_refused(400, "DeviceCredentialNotFound");
    let response = list(&emulator).send().await.assert_ok();
    assert_eq!(response["DeviceCredentialClientIdList"]["ClientIdList"], json!(["GID_demo@@@b"]));
}

#[tokio::test]
async fn list_checks_its_parameters() {
    let emulator = emulator().await;
    for name in ["GroupId", "InstanceId", "PageSize"] {
        let missing = list(&emulator).without_parameter(name).send().await;
        missing.assert_refused(400, &format!("Missing{name}"));
        let empty = list(&emulator).parameter(name, "").send().await;
        empty.assert_refused(400, &format!("InvalidParameter.{name}"));
    }
    for (name, value) in
        [("PageSize", "0"), ("PageSize", "101"), ("PageSize", "x"), ("PageNo", "0"), ("NextToken", "x")]
    {
        let response = list(&emulator).parameter(name, value).send().await;
        response.assert_refused(400, &format!("InvalidParameter.{name}"));
    }
    list(&emulator).parameter("PageSize", "100").send().await.assert_ok();
}

#[tokio::test]
async fn names_of_operations_are_case_sensitive() {
    let emulator = emulator().await;
    for action in ["UnregisterDeviceCredential", "getDeviceCredential"] {
        call(&emulator, action, CLIENT_ID).send().await.assert_refused(404, "InvalidAction.NotFound");
    }
}

/// The operations refuse a browser, even if it could sign.
#[tokio::test]
async fn a_web_page_is_refused() {
    let emulator = emulator().await;
    let with_origin = get(&emulator, CLIENT_ID).header("origin", "http://localhost").send().await;
    with_origin.assert_refused(403, "Emulator.NotLoopback");
    let rebound = get(&emulator, CLIENT_ID).header("host", "evil.example").send().await;
    rebound.assert_refused(403, "Emulator.NotLoopback");
    assert!(rebound.headers.contains_key("date") && rebound.headers.contains_key("x-acs-request-id"));
    Request::plain(&emulator, "POST", "/")
        .without_header("host")
        .send()
        .await
        .assert_refused(403, "Emulator.NotLoopback");
    assert!(emulator.calls().is_empty());
}
