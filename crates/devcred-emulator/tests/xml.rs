//! Tests responses in XML.
#![allow(clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use common::{Acs3, ID, Response, SECRET, emulator, get, get_by_rpc};
use devcred_emulator::{Emulator, Step};

const CLIENT_ID: &str = "GID_demo@@@device-1&co";

#[track_caller]
fn assert_xml(response: &Response, status: u16, parts: &[&str]) {
    assert_eq!((response.status, response.headers["content-type"].as_str()), (status, "text/xml;charset=utf-8"));
    for part in parts {
        assert!(response.text.contains(part), "{part} is not in {}", response.text);
    }
    let request_id = format!("<RequestId>{}</RequestId>", response.headers["x-acs-request-id"]);
    assert!(response.text.contains(&request_id), "{}", response.text);
}

#[tokio::test]
async fn errors_are_xml_on_request() {
    let emulator = emulator().await;
    let parts = ["<Error>", "<Code>MissingClientId</Code>", "<Message>", "<HostId>127.0.0.1:", "</Error>"];
    let rpc = get_by_rpc(&emulator, CLIENT_ID).parameter("Format", "XML").without_parameter("ClientId");
    assert_xml(&rpc.send().await, 400, &parts);
    let acs3 = get(&emulator, CLIENT_ID).header("accept", "application/xml").without_parameter("ClientId");
    assert_xml(&acs3.send().await, 400, &parts);
    let json = get_by_rpc(&emulator, CLIENT_ID).without_parameter("ClientId").send().await;
    json.assert_refused(400, "MissingClientId");
}

#[tokio::test]
async fn successes_are_xml_too() {
    let emulator = emulator().await;
    let response = get_by_rpc(&emulator, CLIENT_ID).parameter("Format", "xml").send().await;
    let parts = [
        "<GetDeviceCredentialResponse>",
        "<DeviceCredential><ClientId>GID_demo@@@device-1&amp;co</ClientId><CreateTime>1",
        "</DeviceCredential>",
    ];
    assert_xml(&response, 200, &parts);
    let list = Acs3::new(&emulator, "ListDeviceCredentialClientId").parameter("GroupId", "GID_demo");
    let list = list.parameter("InstanceId", "post-cn-demo").parameter("PageSize", "10").header("accept", "text/xml");
    let parts = ["<ListDeviceCredentialClientIdResponse>", "<ClientIdList>GID_demo@@@device-1&amp;co</ClientIdList>"];
    assert_xml(&list.send().await, 200, &parts);
}

#[tokio::test]
async fn a_step_can_write_xml_unrequested() {
    let step: Step = r#"{"code": "Throttling.User", "xml": true}"#.parse().unwrap();
    let emulator = Emulator::builder().access_key(ID, SECRET).steps([step]).start().await.unwrap();
    assert_xml(&get(&emulator, CLIENT_ID).send().await, 400, &["<Error>", "<Code>Throttling.User</Code>"]);
}
