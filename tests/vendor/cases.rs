//! What is true of each of the vendor's SDKs: what satisfies the service satisfies the emulator, and gets the same from it as our
//! client gets.

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

use crate::sdk::{self, Ask, Credential, Outcome, Sdk};

const INSTANCE: &str = "post-cn-0pp12gl****";
const DEVICE: &str = "GID_test@@@device";
/// With a space too, which some SDKs sign as `%20` and send as `+`.
const UNICODE_DEVICE: &str = "GID_测试@@@設備 é+*~%";

const ID: &str = "LTAI5tExample";
const SECRET: &str = "the-secret";
const STS_ID: &str = "STS.Example";
/// With every character of base64 that a URL must encode.
const TOKEN: &str = "CAISkQJ1q6Ft5B2y/fSjIr+DcI3Z+/7xg==";

async fn emulator() -> Emulator {
    let builder = Emulator::builder().access_key(ID, SECRET).access_key_with_token(STS_ID, SECRET, TOKEN);
    builder.instance(INSTANCE).device(DEVICE).device(UNICODE_DEVICE).start().await.unwrap()
}

/// A good call of the known device, to be changed by what a test is about.
fn ask(emulator: &Emulator, sdk: &Sdk) -> Ask {
    Ask {
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

/// The same call by our client.
async fn ours(ask: &Ask, signature: SignatureMethod) -> Result<DeviceCredential, Error> {
    let mut key = AccessKey::new(ask.access_key_id, ask.access_key_secret)?;
    if let Some(token) = ask.security_token {
        key = key.with_security_token(token)?;
    }
    let builder = Client::builder().access_key(key).signature(signature);
    let client = builder.endpoint(format!("http://{}", ask.endpoint)).instance_id(ask.instance_id).build()?;
    client.get_device_credential(ask.client_id).await
}

/// What the journal must say of a call, whoever made it.
fn check_journal(call: &RecordedCall, ask: &Ask, signature: SignatureMethod, token: SecurityTokenPresented) {
    let kind = match signature {
        SignatureMethod::HmacSha1 => devcred_emulator::SignatureMethod::HmacSha1,
        _ => devcred_emulator::SignatureMethod::Acs3HmacSha256,
    };
    assert_eq!((call.method.as_str(), call.operation.as_deref()), ("POST", Some("GetDeviceCredential")));
    assert_eq!((call.signature, call.end), (Some(kind), Some(CallEnd::Answered)));
    assert_eq!((call.client_id.as_deref(), call.instance_id.as_deref()), (Some(ask.client_id), Some(ask.instance_id)));
    assert_eq!((call.access_key_id.as_deref(), call.security_token), (Some(ask.access_key_id), token));
}

fn is_by(sdk: &Sdk, call: &RecordedCall) -> bool {
    call.user_agent.as_deref().is_some_and(|agent| agent.starts_with("AlibabaCloud (") && (sdk.is_its_agent)(agent))
}

/// Both get the credential, and the same one.
async fn both_get_it(emulator: &Emulator, ask: &Ask, sdk: &Sdk, token: SecurityTokenPresented) {
    let Outcome::Got { request_id, credential } = sdk::call(ask).await else {
        panic!("the vendor's SDK is refused: {:#?}", emulator.calls());
    };
    let ours = ours(ask, sdk.signature).await.unwrap();
    let time = |ms| UNIX_EPOCH + Duration::from_millis(ms);
    let Credential { client_id, instance_id, device_access_key_id, device_access_key_secret, .. } = &credential;
    assert_eq!((client_id.as_str(), instance_id.as_str()), (ask.client_id, ask.instance_id));
    assert_eq!((ours.client_id(), ours.instance_id()), (ask.client_id, ask.instance_id));
    assert_eq!(ours.device_access_key_id(), device_access_key_id);
    assert_eq!(ours.device_access_key_secret().reveal(), device_access_key_secret);
    assert_eq!(ours.create_time(), time(credential.create_time));
    assert_eq!(ours.update_time(), time(credential.update_time));

    let calls = emulator.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(is_by(sdk, &calls[0]) && !is_by(sdk, &calls[1]), "{calls:#?}");
    for (call, request_id) in calls.iter().zip([request_id.as_str(), ours.request_id()]) {
        check_journal(call, ask, sdk.signature, token);
        assert_eq!((call.status, call.code.as_deref(), call.request_id.as_str()), (Some(200), None, request_id));
    }
}

/// Both are refused with this code, and tell of it alike.
async fn both_are_refused(emulator: &Emulator, ask: &Ask, sdk: &Sdk, code: &str) {
    let status = vendors_refusal(emulator, ask, sdk, code).await;
    let ours = ours(ask, sdk.signature).await.unwrap_err();
    assert_eq!((ours.code(), ours.http_status()), (Some(code), Some(status)));

    let calls = emulator.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    check_journal(&calls[1], ask, sdk.signature, SecurityTokenPresented::Absent);
    assert_eq!(calls[1].code.as_deref(), Some(code));
    assert_eq!(Some(calls[1].request_id.as_str()), ours.request_id());
}

/// The SDK is refused with this code, and its error is what the journal has. Gives the status.
async fn vendors_refusal(emulator: &Emulator, ask: &Ask, sdk: &Sdk, code: &str) -> u16 {
    let outcome = sdk::call(ask).await;
    let Outcome::Refused(refused) = outcome else {
        panic!("the vendor's SDK got a credential, and not {code}");
    };
    assert_eq!(refused.code, code, "{}", refused.message);

    let calls = emulator.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert!(is_by(sdk, &calls[0]), "{calls:#?}");
    check_journal(&calls[0], ask, sdk.signature, SecurityTokenPresented::Absent);
    assert_eq!(calls[0].code.as_deref(), Some(code));
    assert_eq!(calls[0].request_id, refused.request_id);
    let status = calls[0].status.unwrap();
    assert_eq!(refused.status.unwrap_or(status), status);
    status
}

pub(crate) async fn a_known_device_gets_its_credential(sdk: &Sdk) {
    let emulator = emulator().await;
    both_get_it(&emulator, &ask(&emulator, sdk), sdk, SecurityTokenPresented::Absent).await;
}

pub(crate) async fn a_temporary_key_is_taken_with_its_token(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { access_key_id: STS_ID, security_token: Some(TOKEN), ..ask(&emulator, sdk) };
    both_get_it(&emulator, &ask, sdk, SecurityTokenPresented::Matches).await;
}

pub(crate) async fn an_id_beyond_ascii_is_the_same_id_to_all(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { client_id: UNICODE_DEVICE, ..ask(&emulator, sdk) };
    both_get_it(&emulator, &ask, sdk, SecurityTokenPresented::Absent).await;
}

pub(crate) async fn a_wrong_secret_is_signature_does_not_match(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { access_key_secret: "another-secret", ..ask(&emulator, sdk) };
    both_are_refused(&emulator, &ask, sdk, "SignatureDoesNotMatch").await;
    assert!(emulator.calls().iter().all(|call| call.refused_signature.is_some()));
}

pub(crate) async fn an_unregistered_device_is_device_credential_not_found(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { client_id: "GID_test@@@unknown", ..ask(&emulator, sdk) };
    both_are_refused(&emulator, &ask, sdk, "DeviceCredentialNotFound").await;
}

pub(crate) async fn a_foreign_instance_is_instance_permission_check_failed(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { instance_id: "post-cn-foreign", ..ask(&emulator, sdk) };
    both_are_refused(&emulator, &ask, sdk, "InstancePermissionCheckFailed").await;
}

/// The SDKs send an empty id and leave it to the service; our client does not.
pub(crate) async fn an_empty_client_id_is_invalid_parameter(sdk: &Sdk) {
    let emulator = emulator().await;
    let ask = Ask { client_id: "", ..ask(&emulator, sdk) };
    let code = if sdk.signs_empty_values { "InvalidParameter.ClientId" } else { "SignatureDoesNotMatch" };
    assert_eq!(vendors_refusal(&emulator, &ask, sdk, code).await, 400);

    let ours = ours(&ask, sdk.signature).await.unwrap_err();
    assert_eq!((ours.kind(), ours.attempts()), (ErrorKind::InvalidParameter, 0));
    assert_eq!(emulator.calls().len(), 1);
}

/// Every case as a test of its own, made by one SDK: `MODULE::CASE`.
macro_rules! all_cases {
    ($module:ident, $sdk:ident) => {
        mod $module {
            each_case!(
                super::$sdk: a_known_device_gets_its_credential,
                a_temporary_key_is_taken_with_its_token,
                an_id_beyond_ascii_is_the_same_id_to_all,
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
