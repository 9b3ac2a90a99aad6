//! The cases that every SDK of the vendor must pass: the emulator accepts its requests, as the
//! service does, and returns the same result to it as to devcred's client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers outside of #[test], where clippy.toml allows it"
)]

use std::time::{Duration, UNIX_EPOCH};

use devcred::{AccessKey, Client, DeviceCredential, Error, ErrorKind, SignatureMethod};
use devcred_emulator::{CallEnd, Emulator, RecordedCall, SecurityTokenPresented};

use crate::sdk::{self, CallRequest, Credential, Outcome, Sdk};

const INSTANCE: &str = "post-cn-0pp12gl****";
const DEVICE: &str = "GID_test@@@device";
/// Contains a space, which some SDKs sign as `%20` and send as `+`.
const UNICODE_DEVICE: &str = "GID_测试@@@設備 é+*~%";

const ID: &str = "LTAI5tExample";
const SECRET: &str = "the-secret";
const STS_ID: &str = "STS.Example";
/// Contains every character of base64 that a URL must encode.
const TOKEN: &str = "CAISkQJ1q6Ft5B2y/fSjIr+DcI3Z+/7xg==";

async fn emulator() -> Emulator {
    let builder = Emulator::builder().access_key(ID, SECRET).access_key_with_token(STS_ID, SECRET, TOKEN);
    builder.instance(INSTANCE).device(DEVICE).device(UNICODE_DEVICE).start().await.unwrap()
}

/// Returns a valid call for the registered device, which a case can modify.
fn valid_request(emulator: &Emulator, sdk: &Sdk) -> CallRequest {
    CallRequest {
        sdk: sdk.name,
        endpoint: emulator.address().to_string(),
        access_key_id: ID,
        access_key_secret: SECRET,
        security_token: None,
        signature_algorithm: match sdk.signature {
            SignatureMethod::HmacSha1 => Some("v2"),
            _ => None,
        },
        client_id: DEVICE,
        instance_id: INSTANCE,
    }
}

/// Makes the same call with devcred's client.
async fn call_devcred(request: &CallRequest, signature: SignatureMethod) -> Result<DeviceCredential, Error> {
    let mut key = AccessKey::new(request.access_key_id, request.access_key_secret)?;
    if let Some(token) = request.security_token {
        key = key.with_security_token(token)?;
    }
    let builder = Client::builder().access_key(key).signature(signature);
    let client = builder.endpoint(format!("http://{}", request.endpoint)).instance_id(request.instance_id).build()?;
    client.get_device_credential(request.client_id).await
}

/// Checks the journal's record of a call of either client.
fn check_journal(
    call: &RecordedCall,
    request: &CallRequest,
    signature: SignatureMethod,
    token: SecurityTokenPresented,
) {
    let kind = match signature {
        SignatureMethod::HmacSha1 => devcred_emulator::SignatureMethod::HmacSha1,
        _ => devcred_emulator::SignatureMethod::Acs3HmacSha256,
    };
    assert_eq!((call.method.as_str(), call.operation.as_deref()), ("POST", Some("GetDeviceCredential")));
    assert_eq!((call.signature, call.end), (Some(kind), Some(CallEnd::Answered)));
    assert_eq!(
        (call.client_id.as_deref(), call.instance_id.as_deref()),
        (Some(request.client_id), Some(request.instance_id))
    );
    assert_eq!((call.access_key_id.as_deref(), call.security_token), (Some(request.access_key_id), token));
}

fn was_made_by(sdk: &Sdk, call: &RecordedCall) -> bool {
    call.user_agent
        .as_deref()
        .is_some_and(|agent| agent.starts_with("AlibabaCloud (") && (sdk.matches_user_agent)(agent))
}

/// Checks that the SDK and devcred receive the same credential.
async fn check_same_credential(emulator: &Emulator, request: &CallRequest, sdk: &Sdk, token: SecurityTokenPresented) {
    let Outcome::Success { request_id, credential } = sdk::call(request).await else {
        panic!("the SDK's request was refused: {:#?}", emulator.calls());
    };
    let devcred = call_devcred(request, sdk.signature).await.unwrap();
    let time = |ms| UNIX_EPOCH + Duration::from_millis(ms);
    let Credential { client_id, instance_id, device_access_key_id, device_access_key_secret, .. } = &credential;
    assert_eq!((client_id.as_str(), instance_id.as_str()), (request.client_id, request.instance_id));
    assert_eq!((devcred.client_id(), devcred.instance_id()), (request.client_id, request.instance_id));
    assert_eq!(devcred.device_access_key_id(), device_access_key_id);
    assert_eq!(devcred.device_access_key_secret().reveal(), device_access_key_secret);
    assert_eq!(devcred.create_time(), time(credential.create_time));
    assert_eq!(devcred.update_time(), time(credential.update_time));

    let calls = emulator.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(was_made_by(sdk, &calls[0]) && !was_made_by(sdk, &calls[1]), "{calls:#?}");
    for (call, request_id) in calls.iter().zip([request_id.as_str(), devcred.request_id()]) {
        check_journal(call, request, sdk.signature, token);
        assert_eq!((call.status, call.code.as_deref(), call.request_id.as_str()), (Some(200), None, request_id));
    }
}

/// Checks that the SDK and devcred receive the same error.
async fn check_same_error(emulator: &Emulator, request: &CallRequest, sdk: &Sdk, code: &str) {
    let status = check_sdk_error(emulator, request, sdk, code).await;
    let error = call_devcred(request, sdk.signature).await.unwrap_err();
    assert_eq!((error.code(), error.http_status()), (Some(code), Some(status)));

    let calls = emulator.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    check_journal(&calls[1], request, sdk.signature, SecurityTokenPresented::Absent);
    assert_eq!(calls[1].code.as_deref(), Some(code));
    assert_eq!(Some(calls[1].request_id.as_str()), error.request_id());
}

/// Checks that the SDK receives this error, as recorded in the journal, and returns its HTTP
/// status.
async fn check_sdk_error(emulator: &Emulator, request: &CallRequest, sdk: &Sdk, code: &str) -> u16 {
    let outcome = sdk::call(request).await;
    let Outcome::Failure(failure) = outcome else {
        panic!("the SDK received a credential instead of {code}");
    };
    assert_eq!(failure.code, code, "{}", failure.message);

    let calls = emulator.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert!(was_made_by(sdk, &calls[0]), "{calls:#?}");
    check_journal(&calls[0], request, sdk.signature, SecurityTokenPresented::Absent);
    assert_eq!(calls[0].code.as_deref(), Some(code));
    assert_eq!(calls[0].request_id, failure.request_id);
    let status = calls[0].status.unwrap();
    assert_eq!(failure.status.unwrap_or(status), status);
    status
}

pub(crate) async fn a_registered_device_has_a_credential(sdk: &Sdk) {
    let emulator = emulator().await;
    check_same_credential(&emulator, &valid_request(&emulator, sdk), sdk, SecurityTokenPresented::Absent).await;
}

pub(crate) async fn a_temporary_key_works_with_its_token(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { access_key_id: STS_ID, security_token: Some(TOKEN), ..valid_request(&emulator, sdk) };
    check_same_credential(&emulator, &request, sdk, SecurityTokenPresented::Matches).await;
}

pub(crate) async fn a_non_ascii_client_id_works(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { client_id: UNICODE_DEVICE, ..valid_request(&emulator, sdk) };
    check_same_credential(&emulator, &request, sdk, SecurityTokenPresented::Absent).await;
}

pub(crate) async fn a_wrong_secret_is_signature_does_not_match(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { access_key_secret: "another-secret", ..valid_request(&emulator, sdk) };
    check_same_error(&emulator, &request, sdk, "SignatureDoesNotMatch").await;
    assert!(emulator.calls().iter().all(|call| call.refused_signature.is_some()));
}

pub(crate) async fn an_unregistered_device_is_device_credential_not_found(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { client_id: "GID_test@@@unknown", ..valid_request(&emulator, sdk) };
    check_same_error(&emulator, &request, sdk, "DeviceCredentialNotFound").await;
}

pub(crate) async fn a_foreign_instance_is_instance_permission_check_failed(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { instance_id: "post-cn-foreign", ..valid_request(&emulator, sdk) };
    check_same_error(&emulator, &request, sdk, "InstancePermissionCheckFailed").await;
}

/// The SDKs send an empty ClientId to the service; devcred refuses it.
pub(crate) async fn an_empty_client_id_is_invalid_parameter(sdk: &Sdk) {
    let emulator = emulator().await;
    let request = CallRequest { client_id: "", ..valid_request(&emulator, sdk) };
    let code = if sdk.signs_empty_values { "InvalidParameter.ClientId" } else { "SignatureDoesNotMatch" };
    assert_eq!(check_sdk_error(&emulator, &request, sdk, code).await, 400);

    let error = call_devcred(&request, sdk.signature).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
    assert_eq!(emulator.calls().len(), 1);
}

/// Defines a test for each case with one SDK: `MODULE::CASE`.
macro_rules! all_cases {
    ($module:ident, $sdk:ident) => {
        mod $module {
            each_case!(
                super::$sdk: a_registered_device_has_a_credential,
                a_temporary_key_works_with_its_token,
                a_non_ascii_client_id_works,
                a_wrong_secret_is_signature_does_not_match,
                an_unregistered_device_is_device_credential_not_found,
                a_foreign_instance_is_instance_permission_check_failed,
                an_empty_client_id_is_invalid_parameter,
            );
        }
    };
}

macro_rules! each_case {
    ($sdk:path: $($case:ident,)+) => {
        $(#[tokio::test]
        async fn $case() {
            crate::cases::$case(&$sdk).await;
        })+
    };
}
