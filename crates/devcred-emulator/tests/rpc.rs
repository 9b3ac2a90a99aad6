//! Tests every check of a request that is signed with the older HMAC-SHA1.

mod common;

use std::time::{Duration, SystemTime};

use common::{ID, Request, SECRET, emulator, get_by_rpc, timestamp};
use devcred_emulator::Emulator;

const CLIENT_ID: &str = "GID_demo@@@device-1";

#[tokio::test]
async fn a_good_request_is_answered_from_query_and_form() {
    let emulator = emulator().await;
    let credential = get_by_rpc(&emulator, CLIENT_ID).send().await.credential();
    assert_eq!(credential["ClientId"], CLIENT_ID);
    let form = get_by_rpc(&emulator, CLIENT_ID).with_form().sign();
    assert!(form.line.starts_with("POST / "));
    assert_eq!(form.send().await.credential(), credential);
}

/// The vendor's SDKs send `x-acs-` headers with these requests too.
#[tokio::test]
async fn headers_of_the_other_signature_do_not_confuse() {
    let emulator = emulator().await;
    let request = get_by_rpc(&emulator, CLIENT_ID).sign();
    let request = request.header("x-acs-action", "GetDeviceCredential").header("x-acs-version", "2020-04-20");
    request.send().await.assert_ok();
}

#[tokio::test]
async fn any_client_id_is_understood_as_it_was_signed() {
    let emulator = emulator().await;
    for client_id in ["GID_设备@@@传感器-01", "GID_t@@@😀", "a~b*c+d", "two words", "/%?#&=", "GID_t@@@!'()"] {
        let credential = get_by_rpc(&emulator, client_id).send().await.credential();
        assert_eq!(credential["ClientId"], client_id);
    }
}

#[tokio::test]
async fn common_parameters_are_mandatory() {
    let emulator = emulator().await;
    for name in
        ["Action", "Version", "AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"]
    {
        let code = format!("Missing{name}");
        get_by_rpc(&emulator, CLIENT_ID).without_parameter(name).send().await.assert_refused(400, &code);
        get_by_rpc(&emulator, CLIENT_ID).parameter(name, "").send().await.assert_refused(400, &code);
    }
    let mut unsigned = get_by_rpc(&emulator, CLIENT_ID).sign();
    unsigned.line = unsigned.line.replace("&Signature=", "&Elsewhere=");
    unsigned.send().await.assert_refused(400, "MissingSignature");
    Request::plain(&emulator, "POST", "/").send().await.assert_refused(400, "MissingAction");
}

#[tokio::test]
async fn common_parameters_are_checked() {
    let emulator = emulator().await;
    let get = |name, value| get_by_rpc(&emulator, CLIENT_ID).parameter(name, value);
    get("Action", "GetNothing").send().await.assert_refused(404, "InvalidAction.NotFound");
    get("Version", "1").send().await.assert_refused(400, "InvalidVersion");
    get("Format", "YAML").send().await.assert_refused(400, "InvalidParameter.Format");
    get("Format", "json").send().await.assert_ok();
    get("SignatureMethod", "HMAC-SHA256").send().await.assert_refused(400, "InvalidParameter.SignatureMethod");
    get("SignatureVersion", "2.0").send().await.assert_refused(400, "InvalidParameter.SignatureVersion");
    get("AccessKeyId", "nobody").send().await.assert_refused(404, "InvalidAccessKeyId.NotFound");
    get("Timestamp", "yesterday").send().await.assert_refused(400, "InvalidTimeStamp.Format");
    let early = timestamp(SystemTime::now() - Duration::from_secs(16 * 60));
    get("Timestamp", &early).send().await.assert_refused(400, "InvalidTimeStamp.Expired");
    get("Format", "JSON").method("GET").send().await.assert_refused(400, "UnsupportedHTTPMethod");
}

#[tokio::test]
async fn a_token_is_checked() {
    let builder = Emulator::builder().access_key(ID, SECRET).access_key_with_token("sts", SECRET, "t+/=");
    let emulator = builder.start().await.unwrap();
    let get = || get_by_rpc(&emulator, CLIENT_ID).parameter("AccessKeyId", "sts");
    get().parameter("SecurityToken", "t+/=").send().await.assert_ok();
    get().send().await.assert_refused(400, "MissingSecurityToken");
    get().parameter("SecurityToken", "t9").send().await.assert_refused(400, "InvalidSecurityToken.Malformed");
}

#[tokio::test]
async fn a_signature_that_differs_shows_the_service_s_side() {
    let emulator = emulator().await;
    let mut request = get_by_rpc(&emulator, CLIENT_ID).sign();
    request.line = request.line.replace("device-1", "device-2");
    let response = request.send().await;
    response.assert_refused(400, "SignatureDoesNotMatch");
    let message = response.message();
    let begin = "Specified signature is not matched with our calculation. server string to sign is:\
                 POST&%2F&AccessKeyId%3Dtestid%26Action%3DGetDeviceCredential%26ClientId%3DGID_demo%2540%2540%2540device-2%26";
    assert!(message.starts_with(begin), "{message}");
}

#[tokio::test]
async fn a_nonce_is_accepted_once() {
    let emulator = emulator().await;
    let request = get_by_rpc(&emulator, CLIENT_ID).sign();
    request.send().await.assert_ok();
    request.send().await.assert_refused(400, "SignatureNonceUsed");
}
