//! Tests start, stop and the control routes.

mod common;

use std::net::SocketAddr;

use common::{Acs3, ID, LIMIT, Request, Response, SECRET, emulator, encode, get};
use devcred_emulator::{Emulator, Quotas, StartError};
use serde_json::json;
use tokio::io::AsyncWriteExt;

const CLIENT_ID: &str = "GID_demo@@@设备/1";

async fn control(emulator: &Emulator, method: &str, route: &str) -> Response {
    Request::plain(emulator, method, &format!("/_devcred/{route}")).send().await
}

#[tokio::test]
async fn a_random_access_key_is_created_if_none_is_configured() {
    let emulator = Emulator::builder().start().await.unwrap();
    let another = Emulator::builder().start().await.unwrap();
    assert_ne!(emulator.access_key_id(), another.access_key_id());
    assert_ne!(emulator.access_key_secret(), another.access_key_secret());
    assert_eq!(emulator.security_token(), None);
    let key = (emulator.access_key_id(), emulator.access_key_secret());
    get(&emulator, "GID_x@@@a").key(key.0, key.1).send().await.assert_ok();
    get(&another, "GID_x@@@a").key(key.0, key.1).send().await.assert_refused(404, "InvalidAccessKeyId.NotFound");
}

/// Users keep it in statics and move it between threads.
#[test]
fn it_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Emulator>();
    shared::<devcred_emulator::RecordedCall>();
}

#[tokio::test]
async fn the_first_key_is_shown_and_the_last_of_one_id_counts() {
    let builder = Emulator::builder().access_key_with_token(ID, "old", "token").access_key("second", "s");
    let emulator = builder.access_key("second", SECRET).start().await.unwrap();
    assert_eq!((emulator.access_key_id(), emulator.access_key_secret()), (ID, "old"));
    assert_eq!(emulator.security_token(), Some("token"));
    get(&emulator, "GID_x@@@a").key("second", SECRET).send().await.assert_ok();
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let refused = Emulator::builder().listen(address.parse().unwrap()).start().await.unwrap_err();
        assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
        assert!(refused.to_string().contains(address), "{refused}");
    }
    let emulator = Emulator::builder().listen(SocketAddr::from(([127, 0, 0, 1], 0))).start().await.unwrap();
    assert_eq!(emulator.endpoint(), format!("http://127.0.0.1:{}", emulator.address().port()));
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let emulator = emulator().await;
    let refused = Emulator::builder().listen(emulator.address()).start().await.unwrap_err();
    assert!(matches!(refused, StartError::Listen { .. }), "{refused}");
    assert!(std::error::Error::source(&refused).is_some());
}

#[test]
fn without_a_runtime_it_does_not_start() {
    let start = std::pin::pin!(Emulator::builder().start());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(started) = start.poll(&mut context) else { panic!("it waits") };
    assert!(matches!(started, Err(StartError::NoRuntime)));
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let builder = Emulator::builder().access_key_with_token(ID, SECRET, "the-token");
    let mut shown = format!("{builder:?}");
    shown.push_str(&format!("{:?}", builder.start().await.unwrap()));
    assert!(shown.contains(ID) && !shown.contains(SECRET) && !shown.contains("the-token"), "{shown}");
}

#[tokio::test]
async fn shutdown_and_drop_close_everything() {
    let first = Emulator::builder().start().await.unwrap();
    let key = (first.access_key_id().to_owned(), first.access_key_secret().to_owned());
    let get_again = || get(&first, "GID_x@@@a").key(&key.0, &key.1).sign();
    let mut open = get_again().send_unread().await;
    Response::read(&mut open).await.unwrap().assert_ok();
    let late = get_again();
    first.shutdown().await;
    assert!(Response::read(&mut open).await.is_none());
    // The system may have given the port to another test's emulator, which does not know this key.
    if let Ok(mut stream) = tokio::net::TcpStream::connect(late.address).await {
        stream.write_all(late.text().as_bytes()).await.unwrap();
        assert!(Response::read(&mut stream).await.is_none_or(|response| response.status != 200));
    }

    let second = emulator().await;
    let mut open = get(&second, "GID_x@@@fault-hang").sign().send_unread().await;
    second.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    drop(second);
    assert!(Response::read(&mut open).await.is_none());
}

#[tokio::test]
async fn health_says_ok() {
    let emulator = emulator().await;
    let response = control(&emulator, "GET", "health").await;
    let expected = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(response.assert_ok(), expected);
    assert!(response.headers.contains_key("date"));
    assert_eq!(control(&emulator, "GET", "nothing").await.status, 404);
    assert_eq!(control(&emulator, "POST", "health").await.status, 405);
    assert!(emulator.calls().is_empty());
}

#[tokio::test]
async fn calls_are_listed_and_cleared() {
    let emulator = emulator().await;
    get(&emulator, CLIENT_ID).send().await.assert_ok();
    get(&emulator, CLIENT_ID).key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    let shown = control(&emulator, "GET", "calls").await.assert_ok();
    assert_eq!(shown["accepted_connections"], 3);
    assert!(shown["peak_connections"].as_u64().is_some_and(|peak| (1..=3).contains(&peak)));
    let call = &shown["calls"][0];
    assert_eq!(call["operation"], "GetDeviceCredential");
    assert_eq!(call["client_id"], CLIENT_ID);
    assert_eq!((&call["status"], &call["code"]), (&json!(200), &json!(null)));
    assert_eq!((&call["signature"], &call["security_token"]), (&json!("acs3-hmac-sha256"), &json!("absent")));
    assert_eq!(call["end"], "answered");
    assert!(call["milliseconds"].is_u64());
    assert!(humantime::parse_rfc3339(call["time"].as_str().unwrap()).is_ok());
    assert!(shown["calls"][1]["refused_signature"].is_string());

    assert_eq!(control(&emulator, "DELETE", "calls").await.status, 204);
    assert_eq!(control(&emulator, "GET", "calls").await.assert_ok()["calls"], json!([]));
}

#[tokio::test]
async fn devices_are_described_added_and_deleted() {
    let emulator = Emulator::builder().access_key(ID, SECRET).device("GID_x@@@other").start().await.unwrap();
    let route = format!("devices/{}", encode(CLIENT_ID));
    let unknown = control(&emulator, "GET", &route).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json(), json!({"client_id": CLIENT_ID, "known": false, "credentials": []}));
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "DeviceCredentialNotFound");

    let put = control(&emulator, "PUT", &route).await.assert_ok();
    assert_eq!(put, json!({"client_id": CLIENT_ID, "known": true, "credentials": []}));
    let credential = get(&emulator, CLIENT_ID).send().await.credential();
    let shown = control(&emulator, "GET", &route).await;
    let expected = json!([{
        "instance_id": "post-cn-demo",
        "device_access_key_id": credential["DeviceAccessKeyId"],
        "create_time": credential["CreateTime"],
        "update_time": credential["UpdateTime"],
    }]);
    assert_eq!(shown.assert_ok()["credentials"], expected);
    assert!(!shown.text.contains(credential["DeviceAccessKeySecret"].as_str().unwrap()));

    assert_eq!(control(&emulator, "DELETE", &route).await.status, 204);
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "DeviceCredentialNotFound");
}

#[tokio::test]
async fn an_unregistered_device_is_made_known_again() {
    let emulator = emulator().await;
    let unregister = Acs3::new(&emulator, "UnRegisterDeviceCredential").parameter("ClientId", CLIENT_ID);
    unregister.parameter("InstanceId", "post-cn-demo").send().await.assert_ok();
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "DeviceCredentialNotFound");
    control(&emulator, "PUT", &format!("devices/{}", encode(CLIENT_ID))).await.assert_ok();
    get(&emulator, CLIENT_ID).send().await.assert_ok();
}

#[tokio::test]
async fn a_client_id_that_cannot_be_one_is_not_made_known() {
    let emulator = emulator().await;
    let route = format!("devices/{}", "x".repeat(65));
    assert_eq!(control(&emulator, "PUT", &route).await.status, 400);
}

#[tokio::test]
async fn control_routes_refuse_web_pages() {
    let emulator = emulator().await;
    for route in ["health", "calls", "devices/x", "nothing"] {
        let request = Request::plain(&emulator, "GET", &format!("/_devcred/{route}"));
        assert_eq!(request.clone().header("origin", "http://localhost").send().await.status, 403, "{route}");
        assert_eq!(request.header("host", "evil.example").send().await.status, 403, "{route}");
    }
}

/// An image, a script or a link makes a browser send a GET without an `Origin`.
#[tokio::test]
async fn a_page_without_an_origin_is_refused_before_the_journal_and_the_quotas() {
    let quotas = Quotas { per_address: 3, ..Quotas::default() };
    let emulator = Emulator::builder().access_key(ID, SECRET).quotas(quotas).start().await.unwrap();
    for target in ["/?Action=GetDeviceCredential", "/_devcred/calls"] {
        for (site, mode) in [("cross-site", "no-cors"), ("cross-site", "navigate"), ("same-site", "no-cors")] {
            let request = Request::plain(&emulator, "GET", target).header("sec-fetch-site", site);
            let refused = request.header("sec-fetch-mode", mode).send().await;
            refused.assert_refused(403, "Emulator.NotLoopback");
        }
    }
    assert!(emulator.calls().is_empty());
    get(&emulator, CLIENT_ID).send().await.assert_ok();
}

/// Covers an address that the user enters, and what the resulting page loads.
#[tokio::test]
async fn a_user_may_read_the_journal_in_a_browser() {
    let emulator = emulator().await;
    for (site, mode) in [("none", "navigate"), ("same-origin", "no-cors")] {
        let request = Request::plain(&emulator, "GET", "/_devcred/calls").header("sec-fetch-site", site);
        request.header("sec-fetch-mode", mode).send().await.assert_ok();
    }
}
