//! Tests the journal of calls and connections.

mod common;

use std::time::{Duration, SystemTime};

use common::{ID, LIMIT, Request, Response, SECRET, emulator, get, get_by_rpc};
use devcred_emulator::{CallEnd, Emulator, Recorded, SecurityTokenPresented, SignatureMethod};
use tokio::io::AsyncWriteExt;

const CLIENT_ID: &str = "GID_demo@@@device-1";
const TOKEN: &str = "CAIS+very/secret==token";

#[tokio::test]
async fn a_call_is_recorded() {
    let emulator = emulator().await;
    let before = SystemTime::now();
    let request = get(&emulator, CLIENT_ID).header("user-agent", "test/1").sign();
    let response = request.send().await;

    let calls = emulator.calls();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!((call.number, call.connection), (1, 1));
    assert!(call.time >= before && call.time <= SystemTime::now());
    assert_eq!(call.operation.as_deref(), Some("GetDeviceCredential"));
    assert_eq!(call.client_id.as_deref(), Some(CLIENT_ID));
    assert_eq!(call.instance_id.as_deref(), Some("post-cn-demo"));
    assert_eq!(call.access_key_id.as_deref(), Some(ID));
    assert_eq!(call.security_token, SecurityTokenPresented::Absent);
    assert_eq!(call.signature, Some(SignatureMethod::Acs3HmacSha256));
    assert_eq!(call.nonce.as_ref(), request.headers.get("x-acs-signature-nonce"));
    assert_eq!(format!("{} {} HTTP/1.1", call.method, call.target), request.line);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(call.headers.contains(&header("authorization", &request.headers["authorization"])));
    assert!(call.headers.contains(&header("content-length", "0")));
    assert_eq!(call.user_agent.as_deref(), Some("test/1"));
    assert_eq!(call.request_id, response.json()["RequestId"]);
    assert_eq!((call.end, call.status, call.code.as_deref()), (Some(CallEnd::Answered), Some(200), None));
    assert!(call.duration.is_some() && call.refused_signature.is_none());
}

#[tokio::test]
async fn a_refused_call_is_recorded_as_far_as_it_can_be_parsed() {
    let emulator = emulator().await;
    get_by_rpc(&emulator, CLIENT_ID).parameter("AccessKeyId", "nobody").send().await;
    let mut unreadable = Request::plain(&emulator, "POST", "/?ClientId=%zz");
    unreadable.body = "x".to_owned();
    unreadable.send().await;

    let calls = emulator.calls();
    assert_eq!((calls[0].status, calls[0].code.as_deref()), (Some(404), Some("InvalidAccessKeyId.NotFound")));
    assert_eq!(calls[0].access_key_id.as_deref(), Some("nobody"));
    assert_eq!(calls[0].signature, Some(SignatureMethod::HmacSha1));
    assert_eq!((calls[1].status, calls[1].code.as_deref()), (Some(400), Some("InvalidParameter")));
    assert_eq!((calls[1].signature, calls[1].target.as_str()), (None, "/?ClientId=%zz"));
}

#[tokio::test]
async fn a_refused_signature_leaves_what_was_calculated() {
    let emulator = emulator().await;
    get(&emulator, CLIENT_ID).key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    let call = emulator.calls().pop().unwrap();
    assert!(call.refused_signature.unwrap().starts_with("POST\n/\nClientId=GID_demo%40%40%40device-1&InstanceId="));
}

#[tokio::test]
async fn no_secret_and_no_token_is_in_it() {
    let emulator = Emulator::builder().access_key_with_token(ID, SECRET, TOKEN).start().await.unwrap();
    let get = || get(&emulator, CLIENT_ID).token(TOKEN);
    let get_by_rpc = || get_by_rpc(&emulator, CLIENT_ID).parameter("SecurityToken", TOKEN);
    let device_secret = get().send().await.credential()["DeviceAccessKeySecret"].as_str().unwrap().to_owned();
    get().key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    get_by_rpc().send().await.assert_ok();
    get_by_rpc().with_form().send().await.assert_ok();
    let mut tampered = get_by_rpc().sign();
    tampered.line = tampered.line.replace("device-1", "device-2").replace("SecurityToken", "Security%54oken");
    tampered.send().await.assert_refused(400, "SignatureDoesNotMatch");
    get().sign().header("cookie", TOKEN).header("authorization", TOKEN).send().await;

    let calls = emulator.calls();
    let presented = calls.iter().map(|call| call.security_token);
    assert!(presented.take(5).all(|token| token == SecurityTokenPresented::Matches));
    assert_eq!(calls.iter().filter(|call| call.refused_signature.is_some()).count(), 2);
    let shown = Request::plain(&emulator, "GET", "/_devcred/calls").send().await.text;
    let twice_encoded = common::encode(&common::encode(TOKEN));
    for text in [format!("{calls:?} {emulator:?}"), shown] {
        for secret in [SECRET, TOKEN, &device_secret, &common::encode(TOKEN), &twice_encoded] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        assert!(text.contains("SecurityToken=<hidden>") && text.contains("Security%54oken=<hidden>"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_token_differs() {
    let emulator = emulator().await;
    get(&emulator, CLIENT_ID).token(TOKEN).send().await.assert_refused(400, "InvalidSecurityToken.Malformed");
    assert_eq!(emulator.calls()[0].security_token, SecurityTokenPresented::Differs);
}

#[tokio::test]
async fn connections_are_counted_and_may_be_used_again() {
    let emulator = emulator().await;
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    Response::read(&mut stream).await.unwrap().assert_ok();
    stream.write_all(get(&emulator, CLIENT_ID).sign().text().as_bytes()).await.unwrap();
    Response::read(&mut stream).await.unwrap().assert_ok();
    get(&emulator, CLIENT_ID).send().await.assert_ok();
    let connections: Vec<u64> = emulator.calls().iter().map(|call| call.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
    assert_eq!(emulator.accepted_connections(), 2);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 1).await.unwrap();
    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    assert_eq!(emulator.peak_connections(), 2);
}

#[tokio::test]
async fn a_request_that_never_arrives_in_full_is_not_recorded() {
    let emulator = emulator().await;
    let text = get(&emulator, CLIENT_ID).with_form().sign().text();
    let mut stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    stream.write_all(&text.as_bytes()[..text.len() - 1]).await.unwrap();
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 1).await.unwrap();
    drop(stream);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    assert!(emulator.calls().is_empty());
}

#[tokio::test]
async fn waiting_ends_when_it_happens_or_at_its_limit() {
    let emulator = emulator().await;
    let two_calls = emulator.wait_for(LIMIT, |journal| journal.calls().len() == 2);
    let make_them = async {
        get(&emulator, CLIENT_ID).send().await.assert_ok();
        get(&emulator, CLIENT_ID).send().await.assert_ok();
    };
    let (waited, ()) = tokio::join!(two_calls, make_them);
    waited.unwrap();
    let never = emulator.wait_for(Duration::from_millis(1), |journal| journal.calls().len() == 3).await;
    assert_eq!(never.unwrap_err().to_string(), "the condition was not met within 1ms");
}

#[tokio::test]
async fn finished_calls_are_published_without_waiting_for_subscribers() {
    let emulator = emulator().await;
    let mut finished = emulator.finished_calls();
    get(&emulator, CLIENT_ID).send().await.assert_ok();
    let call = finished.next().await.unwrap();
    assert_eq!((call.number, call.status), (1, Some(200)));
    for _ in 0..300 {
        get(&emulator, CLIENT_ID).send().await.assert_ok();
    }
    // The oldest of these 300 are lost; the newest 256 remain.
    assert_eq!(finished.next().await.unwrap().number, 46);
}

#[tokio::test]
async fn calls_can_be_cleared() {
    let emulator = emulator().await;
    let hanging = get(&emulator, "GID_x@@@fault-hang").sign().send_unread().await;
    emulator.wait_for(LIMIT, |journal| journal.calls().len() == 1).await.unwrap();
    emulator.clear_calls();
    get(&emulator, CLIENT_ID).send().await.assert_ok();
    drop(hanging);
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
    let calls = emulator.calls();
    assert_eq!((calls.len(), calls[0].number), (1, 2));
}

#[tokio::test]
async fn a_head_that_is_far_too_long_is_not_recorded() {
    let emulator = emulator().await;
    let refused = get(&emulator, CLIENT_ID).sign().header("x", &"y".repeat(70_000)).send().await;
    assert_eq!(refused.status, 431);
    assert!(emulator.calls().is_empty());
}

#[tokio::test]
async fn exchanges_are_recorded_only_on_request() {
    let start = |records| Emulator::builder().access_key(ID, SECRET).record_exchanges(records).start();
    let emulator = start(false).await.unwrap();
    get(&emulator, CLIENT_ID).sign().send().await;
    assert!(emulator.exchanges().is_empty());

    let emulator = start(true).await.unwrap();
    get(&emulator, CLIENT_ID).sign().send().await;
    get(&emulator, &"x".repeat(9000)).sign().send().await;
    let exchanges = emulator.exchanges();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let [first, second] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    assert_eq!((first.connection, second.connection), (1, 2));
    let (request, response) = (text(first.request.bytes()), text(first.response.bytes()));
    assert!(request.starts_with("POST /?") && request.contains("\r\nhost: "), "{request}");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.contains("\r\n\r\n{"), "{response}");
    assert_eq!((second.request.bytes().len(), first.request.omitted()), (Recorded::KEPT, 0));
    assert!(second.request.omitted() > 9000 - Recorded::KEPT);
    assert!(!format!("{exchanges:?}").contains("HTTP"));
}
