use std::time::Duration;

use reqwest::header::HeaderMap;
use zeroize::Zeroizing;

use super::*;
use crate::failure::{AttemptInfo, ErrorDetails};
use crate::transport_error::{Phase, TransportError};

const CANONICAL: &str = "POST\n/\nClientId=a\nhost:h\nx-acs-security-token:t0k3n+=\nx-acs-version:1\n\nhost\nhash";

struct Case {
    operation: &'static str,
    unknown_outcome_advice: Option<&'static str>,
    client_id: &'static str,
    access_key_id: &'static str,
    region: Option<&'static str>,
    is_loopback: bool,
    proxy: Option<(&'static str, &'static str)>,
    signature: SignatureMethod,
    signed_text: &'static str,
    is_sent: bool,
    always_refused_or_reset: bool,
}

const CASE: Case = Case {
    operation: "GetDeviceCredential",
    unknown_outcome_advice: None,
    client_id: "GID_a@@@b",
    access_key_id: "LTAI",
    region: Some("cn-hangzhou"),
    is_loopback: false,
    proxy: None,
    signature: SignatureMethod::Acs3HmacSha256,
    signed_text: CANONICAL,
    is_sent: true,
    always_refused_or_reset: true,
};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

impl Case {
    fn advice(&self, failure: &Failure) -> Option<String> {
        let key = AccessKey::new(self.access_key_id, "s3cr3t").unwrap().with_security_token("t0k3n+=").unwrap();
        let request = SignedRequest {
            query: Zeroizing::default(),
            headers: HeaderMap::new(),
            time: at(1),
            signed_text: Zeroizing::new(self.signed_text.to_owned()),
        };
        advice(
            failure,
            &CallContext {
                operation: self.operation,
                unknown_outcome_advice: self.unknown_outcome_advice,
                client_id: self.client_id,
                host: "HOST",
                is_loopback: self.is_loopback,
                region: self.region,
                requests_per_second: 50,
                max_connections: 100,
                roots: "the roots bundled with devcred",
                proxy: self.proxy,
                now: at(0),
                signature_method: self.signature,
                last_attempt: self.is_sent.then_some((&request, &key)),
                always_refused_or_reset: self.always_refused_or_reset,
            },
        )
    }

    fn of_code(&self, kind: ErrorKind, code: &str, details: ErrorDetails) -> Option<String> {
        self.advice(&Failure {
            kind,
            message: String::new(),
            is_retryable: false,
            reason: Reason::Answered { is_known: code != "SomethingNew" },
            details: Box::new(ErrorDetails { code: Some(code.into()), ..details }),
        })
    }

    fn of_cause(&self, cause: Cause) -> Option<String> {
        self.of_phase(Phase::Connecting, cause)
    }

    fn of_phase(&self, phase: Phase, cause: Cause) -> Option<String> {
        let attempt = AttemptInfo { host: "HOST", proxy: None, number: 1, max_attempts: 1 };
        self.advice(&Failure::no_response(TransportError { phase, cause }, &attempt))
    }

    fn of_signature(&self, message: &str) -> String {
        let details = ErrorDetails { full_message: Zeroizing::new(message.into()), ..ErrorDetails::default() };
        self.of_code(ErrorKind::Authentication, "SignatureDoesNotMatch", details).unwrap()
    }
}

#[test]
fn a_device_without_a_credential_must_be_registered() {
    let of = |client_id| {
        Case { client_id, ..CASE }.of_code(ErrorKind::NotFound, "DeviceCredentialNotFound", ErrorDetails::default())
    };
    let register = "Register the device first (RegisterDeviceCredential), and only once: registering it again fails or replaces its secret.";
    assert_eq!(of("GID_a@@@b").unwrap(), register);
    assert_eq!(of("GID_a").unwrap(), format!("{register} A client id has the form GROUP@@@DEVICE."));
}

#[test]
fn a_registration_is_not_advised_to_register() {
    let register = Case { operation: "RegisterDeviceCredential", ..CASE };
    assert_eq!(register.of_code(ErrorKind::NotFound, "DeviceCredentialNotFound", ErrorDetails::default()), None);
}

#[test]
fn a_device_that_is_registered_already_is_fetched() {
    let advice = CASE.of_code(ErrorKind::AlreadyExists, "DeviceCredentialExsit", ErrorDetails::default()).unwrap();
    assert!(advice.contains("already has a credential") && advice.contains("GetDeviceCredential"), "{advice}");
}

#[test]
fn too_many_credentials_have_their_own_advice() {
    let code = "DeviceCredentialNumExceed";
    let advice = CASE.of_code(ErrorKind::PermissionDenied, code, ErrorDetails::default()).unwrap();
    assert!(advice.starts_with("Unregister devices") && advice.ends_with("a higher limit."), "{advice}");
}

#[test]
fn an_unknown_outcome_comes_before_every_other_advice() {
    let register = Case { unknown_outcome_advice: Some("fetch it"), ..CASE };
    let of_status = |case: &Case, kind, code, status| {
        case.of_code(kind, code, ErrorDetails { http_status: Some(status), ..ErrorDetails::default() })
    };
    for (kind, code, status) in [
        (ErrorKind::Service, "InternalError", 500),
        (ErrorKind::Service, "SomethingNew", 500),
        (ErrorKind::InvalidResponse, "", 200),
    ] {
        assert_eq!(of_status(&register, kind, code, status).as_deref(), Some("fetch it"), "{code}");
    }
    for (kind, code, status) in [
        (ErrorKind::Throttled, "SystemOverFlow", 500),
        (ErrorKind::Service, "SomethingNew", 400),
        (ErrorKind::InvalidResponse, "", 302),
        (ErrorKind::AlreadyExists, "DeviceCredentialExsit", 400),
    ] {
        assert_eq!(of_status(&register, kind, code, status), of_status(&CASE, kind, code, status), "{code}");
    }
    assert_eq!(register.of_phase(Phase::AwaitingResponse, Cause::Reset).as_deref(), Some("fetch it"));
    assert_eq!(register.of_cause(Cause::Reset), CASE.of_cause(Cause::Reset));
}

#[test]
fn a_refused_instance_may_be_in_another_region() {
    let code = "InstancePermissionCheckFailed";
    let of =
        |region| Case { region, ..CASE }.of_code(ErrorKind::PermissionDenied, code, ErrorDetails::default()).unwrap();
    assert_eq!(
        of(Some("cn-hangzhou")),
        "The request went to the region cn-hangzhou. Check that the instance is in that region and belongs to this account; \
         then grant mq:GetDeviceCredential and mq:MqttInstanceAccess on it."
    );
    assert!(of(None).starts_with("The request went to the endpoint HOST. "));
}

#[test]
fn a_refusal_by_ram_says_what_was_missing() {
    let access_denied = vec![("AuthAction", "mq:GetDeviceCredential".into()), ("PolicyType", "AccountLevel".into())];
    let details = ErrorDetails { access_denied, ..ErrorDetails::default() };
    let of = |reply| CASE.of_code(ErrorKind::PermissionDenied, "NoPermission", reply);
    assert_eq!(
        of(details).unwrap(),
        "RAM denied the request: AuthAction mq:GetDeviceCredential, PolicyType AccountLevel."
    );
    assert_eq!(of(ErrorDetails::default()), None);
}

#[test]
fn only_an_expired_token_can_be_renewed() {
    let of = |code| CASE.of_code(ErrorKind::Authentication, code, ErrorDetails::default());
    assert!(of("InvalidSecurityToken.Expired").unwrap().contains("set_access_key"));
    for disabled in ["Forbidden.AccessKeyDisabled", "InvalidAccessKeyId.Inactive"] {
        assert!(of(disabled).unwrap().starts_with("The AccessKey is disabled. Enable it"));
    }
    assert_eq!(of("InvalidSecurityToken.Malformed"), None);
}

#[test]
fn an_unknown_access_key_has_its_causes_and_a_shortened_id() {
    let of =
        |case: Case| case.of_code(ErrorKind::Authentication, "InvalidAccessKeyId.NotFound", ErrorDetails::default());
    let causes = "exists: it was deleted, or it belongs to the other site of Alibaba Cloud (China or international).";
    for (access_key_id, id) in [
        ("LTAI5tExample", "the id LTAI5t…"),
        ("STS.NUExample", "the id STS.NU…"),
        ("a-s3cr3t-in-the-wrong-place", "this id"),
        ("LTAI", "this id"),
    ] {
        let advice = of(Case { access_key_id, ..CASE }).unwrap();
        assert_eq!(advice, format!("No AccessKey with {id} {causes}"));
    }
    assert!(of(Case { is_sent: false, ..CASE }).unwrap().starts_with("No AccessKey with this id"));
    let loopback = Case { is_loopback: true, ..CASE };
    assert_eq!(of(loopback).unwrap(), "The emulator knows another AccessKey: export the lines that it prints.");
}

#[test]
fn a_signature_over_the_same_request_means_a_wrong_secret() {
    let message = format!("no match. server StringToSign is [x] server CanonicalRequest is [{CANONICAL}]");
    assert!(CASE.of_signature(&message).ends_with("the AccessKey secret is wrong."));
    let rpc = Case { signature: SignatureMethod::HmacSha1, signed_text: "POST&%2F&A%3D1%26B%3D2", ..CASE };
    assert!(
        rpc.of_signature("no match. server string to sign is:POST&%2F&A%3D1%26B%3D2").ends_with("secret is wrong.")
    );
}

#[test]
fn a_signature_over_another_request_shows_the_first_difference_without_secrets() {
    let message = |from: &str, to: &str| format!("server CanonicalRequest is [{}]", CANONICAL.replace(from, to));
    assert_eq!(
        CASE.of_signature(&message("host:h", "host:proxy")),
        "The request was changed in transit. First differing line of the canonical request: sent \"host:h\", \
         received \"host:proxy\"."
    );
    let token = CASE.of_signature(&message("t0k3n+=", "t0k3n ="));
    assert!(token.contains("\"x-acs-security-token:<redacted>\"") && !token.contains("t0k3n"), "{token}");
    let flattened = CASE.of_signature(&message("t0k3n+=", "t0k3n =").replace('\n', " "));
    assert!(flattened.contains("x-acs-security-token:<redacted>\"") && !flattened.contains("t0k3n"), "{flattened}");
    let shorter = CASE.of_signature("server CanonicalRequest is [POST]");
    assert!(shorter.contains("sent \"/\", received \"\""), "{shorter}");
    let leaking = CASE.of_signature(&message("ClientId=a", "ClientId=s3cr3t t0k3n%2B%3D"));
    assert!(!leaking.contains("s3cr3t") && !leaking.contains("t0k3n"), "{leaking}");

    let rpc = Case {
        signature: SignatureMethod::HmacSha1,
        signed_text: "POST&%2F&A%3D1%26SecurityToken%3Dt0k3n%252B%253D%26Z%3D3",
        ..CASE
    };
    let differs = rpc.of_signature("server string to sign is:POST&%2F&A%3D1%26SecurityToken%3Dt0k3n%2520%253D%26Z%3D3");
    assert!(differs.contains("First differing parameter of the string to sign"), "{differs}");
    assert!(differs.contains("SecurityToken%3D<redacted>") && !differs.contains("t0k3n"), "{differs}");
}

#[test]
fn a_signature_that_cannot_be_compared_leaves_two_causes() {
    for message in ["", "Specified signature is not matched with our calculation.", "server CanonicalRequest is [POST"]
    {
        assert!(CASE.of_signature(message).starts_with("The AccessKey id and secret do not match"));
    }
    let unsent = Case { is_sent: false, ..CASE };
    assert!(unsent.of_signature("server CanonicalRequest is [x]").starts_with("The AccessKey id"));
}

#[test]
fn a_clock_that_could_not_be_corrected_is_shown_beside_the_services() {
    let of = |date| {
        CASE.of_code(
            ErrorKind::Authentication,
            "InvalidTimeStamp.Expired",
            ErrorDetails { date, ..ErrorDetails::default() },
        )
    };
    assert_eq!(
        of(Some(at(3600))).unwrap(),
        "The request was signed at 1970-01-01T00:00:01Z; the service's clock reads 1970-01-01T01:00:00Z."
    );
    assert!(of(None).unwrap().ends_with("has no valid Date header."));
}

#[test]
fn throttling_names_the_rate_limit_and_other_processes() {
    let advice = CASE.of_code(ErrorKind::Throttled, "Throttling.User", ErrorDetails::default()).unwrap();
    assert!(advice.contains("at most 50 requests a second") && advice.contains("other processes share"), "{advice}");
}

#[test]
fn an_unknown_code_is_not_worth_a_retry() {
    assert!(CASE.of_code(ErrorKind::Service, "SomethingNew", ErrorDetails::default()).unwrap().contains("help_url"));
    assert_eq!(CASE.of_code(ErrorKind::Service, "InternalError", ErrorDetails::default()), None);
}

#[test]
fn the_advice_on_an_unknown_issuer_names_the_roots() {
    let advice = CASE.of_cause(Cause::UnknownIssuer).unwrap();
    assert!(advice.contains("the roots bundled with devcred") && advice.contains("root_certificates_pem"), "{advice}");
}

#[test]
fn a_certificate_that_is_not_valid_now_points_to_the_clock() {
    for cause in [Cause::CertificateExpired, Cause::CertificateNotYetValid] {
        assert!(CASE.of_cause(cause).unwrap().contains("clock reads 1970-01-01T00:00:00Z"));
    }
    assert_eq!(CASE.of_cause(Cause::CertificateNameMismatch), None);
}

#[test]
fn a_proxy_is_named_with_the_option_or_variable_that_set_it() {
    let proxied = Case { proxy: Some(("proxy:3128", "HTTPS_PROXY")), ..CASE };
    for cause in [Cause::ProxyAuthentication, Cause::ProxyRefused, Cause::Refused, Cause::NotResolved] {
        let advice = proxied.of_cause(cause).unwrap();
        assert!(advice.starts_with("The proxy proxy:3128, set by HTTPS_PROXY, "), "{advice}");
    }
    assert_eq!(CASE.of_cause(Cause::NotResolved), None);
}

#[test]
fn refused_connections_have_two_meanings() {
    for cause in [Cause::Refused, Cause::Reset] {
        assert!(CASE.of_cause(cause).unwrap().contains("more than 300 requests a second"));
        let loopback = Case { is_loopback: true, ..CASE };
        assert_eq!(loopback.of_cause(cause).unwrap(), "Is the emulator running at HOST?");
        for is_loopback in [true, false] {
            let once = Case { always_refused_or_reset: false, is_loopback, ..CASE };
            assert_eq!(once.of_cause(cause), None);
        }
    }
    assert_eq!(CASE.of_cause(Cause::Closed), None);
}
