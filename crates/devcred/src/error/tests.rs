use super::*;

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[test]
fn the_text_is_one_line_and_the_advice_another() {
    let error = Error::new(ErrorFields {
        code: Some("DeviceCredentialNotFound".into()),
        request_id: Some("07AB2E7F".into()),
        advice: Some("Register the device first.".into()),
        ..*Error::local(ErrorKind::NotFound, "no credential".into(), None).0
    });
    let text = "NotFound: no credential (DeviceCredentialNotFound, request id 07AB2E7F)\nRegister the device first.";
    assert_eq!(error.to_string(), text);
    assert_eq!(format!("{error:?}"), text);
}

#[cfg(feature = "serde")]
#[test]
fn an_error_is_serialized_with_all_its_members() {
    let error = Error::internal("no room", Some("Make room.".into()));
    assert_eq!(
        serde_json::to_string(&error).unwrap(),
        r#"{"kind":"Internal","code":null,"message":"no room","client_id":null,"instance_id":null,"#.to_owned()
            + r#""http_status":null,"request_id":null,"retryable":false,"possibly_billed":false,"#
            + r#""retry_after_ms":null,"attempts":0,"help_url":null,"advice":"Make room."}"#
    );
    for kind in ErrorKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}
