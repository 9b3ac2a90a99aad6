//! Whatever a server answers, a call ends, and no secret is shown.

use proptest::prelude::*;

use super::*;

/// Any JSON value, some of it the device's secret.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from(SECRET)),
    ];
    leaf.prop_recursive(4, 32, 8, |inner| {
        let key = prop_oneof![Just(SECRET.to_owned()), any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn no_secret(failure: &Failure) -> Result<(), TestCaseError> {
    prop_assert!(!format!("{failure:?}").contains("BJMkn4eMQJK2vaApTS"), "{:?}", failure);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_under_any_status_end_in_an_answer_or_a_failure_without_the_secret(
        status in prop_oneof![Just(200_u16), Just(400), 100..1000_u16],
        before in prop::collection::vec(any::<u8>(), 0..256),
        after in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let body = [&before, SECRET.as_bytes(), &after].concat();
        if let Err(failure) = read_answer(&answer(status, &[], body)) {
            no_secret(&failure)?;
        }
    }

    #[test]
    fn a_damaged_answer_never_shows_the_secret(cut in any::<prop::sample::Index>(), byte in any::<u8>(), truncate in any::<bool>()) {
        let mut body = credential().to_string().into_bytes();
        let cut = cut.index(body.len());
        if truncate { body.truncate(cut) } else { body[cut] = byte }
        if let Err(failure) = read_answer(&answer(200, &[], body)) {
            no_secret(&failure)?;
        }
    }

    #[test]
    fn a_secret_in_the_place_of_anything_else_is_never_shown(
        status in prop_oneof![Just(200_u16), Just(400), Just(500)],
        member in prop::sample::select(vec![
            "ClientId", "InstanceId", "DeviceAccessKeyId", "DeviceAccessKeySecret", "CreateTime", "UpdateTime",
        ]),
        value in prop_oneof![Just(Value::from(SECRET)), any_json()],
        outer in prop_oneof![Just(None), prop::sample::select(vec!["RequestId", "DeviceCredential", "HostId", "Recommend"]).prop_map(Some)],
    ) {
        let mut body = credential();
        body["DeviceCredential"][member] = value.clone();
        if let Some(outer) = outer {
            body[outer] = value;
        }
        if let Err(failure) = read_json(status, &body) {
            no_secret(&failure)?;
        }
    }
}
