//! Tests quotas and expiring tokens.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::Duration;

use common::{ID, LIMIT, Request, Response, SECRET, get};
use devcred_emulator::{CallEnd, Emulator, Quotas, SecurityTokenPresented, Step};
use tokio::io::AsyncWriteExt;

const CLIENT_ID: &str = "GID_demo@@@device-1";

/// More than any of these tests sends.
const PLENTY: usize = 10_000;

/// Longer than any of these tests takes.
const AN_HOUR: Duration = Duration::from_secs(3600);

async fn emulator(quotas: Quotas) -> Emulator {
    Emulator::builder().access_key(ID, SECRET).access_key("second", SECRET).quotas(quotas).start().await.unwrap()
}

#[tokio::test]
async fn an_account_that_calls_too_often_is_throttled() {
    let emulator = emulator(Quotas { per_account: 0, per_address: PLENTY, ..Quotas::default() }).await;
    let response = get(&emulator, CLIENT_ID).send().await;
    response.assert_refused(400, "Throttling.User");
    assert_eq!(response.message(), "Request was denied due to user flow control.");
    get(&emulator, CLIENT_ID).key(ID, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
    assert_eq!(emulator.billed(), 0);
}

#[tokio::test]
async fn all_keys_share_the_account_s_quota_and_only_its_own_calls_count() {
    let steps: [Step; 1] = [r#"{"code": "InternalError"}"#.parse().unwrap()];
    let quotas = Quotas { per_account: 2, per_address: PLENTY, ..Quotas::default() };
    let builder = Emulator::builder().access_key(ID, SECRET).access_key("second", SECRET);
    let emulator = builder.quotas(quotas).steps(steps).start().await.unwrap();
    let mut codes = Vec::new();
    // On a slow machine a second may pass in between, which admits more calls.
    for id in [ID, "second"].into_iter().cycle().take(1000) {
        get(&emulator, CLIENT_ID).key(id, "wrong").send().await.assert_refused(400, "SignatureDoesNotMatch");
        codes.push(get(&emulator, CLIENT_ID).key(id, SECRET).send().await.code());
        if codes.last().is_some_and(|code| code == "Throttling.User") {
            break;
        }
    }
    assert_eq!(codes[..2], ["InternalError", ""]);
    assert_eq!(emulator.billed(), codes.len() as u64 - 2);
}

#[tokio::test]
async fn connections_of_an_address_above_its_quota_are_closed() {
    let quotas = Quotas { per_account: PLENTY, per_address: 0, blocked_for: AN_HOUR };
    let emulator = emulator(quotas).await;
    let request = get(&emulator, CLIENT_ID).sign();
    let mut stream = request.send_unread().await;
    assert!(Response::read(&mut stream).await.is_none());
    // The address is blocked now, so that a new connection is closed before a request.
    let mut stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    assert!(Response::read(&mut stream).await.is_none());
    assert!(emulator.calls().is_empty());
    assert_eq!(emulator.accepted_connections(), 2);
}

#[tokio::test]
async fn a_block_closes_open_connections_at_their_next_request() {
    let quotas = Quotas { per_account: PLENTY, per_address: 1, blocked_for: AN_HOUR };
    let emulator = emulator(quotas).await;
    let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
    Response::read(&mut stream).await.unwrap().assert_ok();
    let mut other = get(&emulator, CLIENT_ID).sign().send_unread().await;
    // On a slow machine a second may pass in between, which admits another request.
    let mut responses = 0;
    while Response::read(&mut other).await.is_some() {
        responses += 1;
        assert!(responses < 1000, "the address is not blocked");
        other.write_all(get(&emulator, CLIENT_ID).sign().text().as_bytes()).await.unwrap();
    }
    let calls = emulator.calls().len();
    stream.write_all(get(&emulator, CLIENT_ID).sign().text().as_bytes()).await.unwrap();
    assert!(Response::read(&mut stream).await.is_none());
    assert_eq!(emulator.calls().len(), calls);
    assert!(emulator.calls().iter().all(|call| call.end == Some(CallEnd::Answered)));
    emulator.wait_for(LIMIT, |journal| journal.open_connections() == 0).await.unwrap();
}

#[tokio::test]
async fn a_block_ends_and_control_routes_do_not_count() {
    let quotas = Quotas { per_address: 1, blocked_for: Duration::ZERO, ..Quotas::default() };
    let emulator = emulator(quotas).await;
    for _ in 0..10 {
        Request::plain(&emulator, "GET", "/_devcred/health").send().await.assert_ok();
    }
    let is_answered = async || {
        let mut stream = get(&emulator, CLIENT_ID).sign().send_unread().await;
        Response::read(&mut stream).await.is_some()
    };
    assert!(is_answered().await);
    // On a slow machine a second may pass in between, which admits another request.
    let mut responses = 0;
    while is_answered().await {
        responses += 1;
        assert!(responses < 1000, "the address is not blocked");
    }
    Request::plain(&emulator, "GET", "/_devcred/health").send().await.assert_ok();
    // The second in which the quota was used up must pass, too.
    let is_answered_again = async { while !is_answered().await {} };
    tokio::time::timeout(LIMIT, is_answered_again).await.unwrap();
}

#[tokio::test]
async fn without_quotas_nothing_is_counted() {
    let emulator = common::emulator().await;
    let mut stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
    for _ in 0..600 {
        get(&emulator, CLIENT_ID).sign().send_over(&mut stream).await.assert_ok();
    }
    assert_eq!(emulator.billed(), 600);
}

#[tokio::test]
async fn a_token_expires() {
    let token = "the-token";
    let builder = Emulator::builder().access_key_with_expiring_token(ID, SECRET, token, Duration::ZERO);
    let builder = builder.access_key_with_expiring_token("later", SECRET, "another", AN_HOUR);
    let emulator = builder.start().await.unwrap();
    get(&emulator, CLIENT_ID).token(token).send().await.assert_refused(400, "InvalidSecurityToken.Expired");
    get(&emulator, CLIENT_ID).key("later", SECRET).token("another").send().await.assert_ok();
    get(&emulator, CLIENT_ID).send().await.assert_refused(400, "MissingSecurityToken");
    assert_eq!(emulator.calls()[0].security_token, SecurityTokenPresented::Matches);
}
