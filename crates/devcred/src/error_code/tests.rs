use super::*;

#[test]
fn the_most_specific_row_decides() {
    for (code, status, kind, retryable) in [
        ("MissingClientId", 400, ErrorKind::InvalidParameter, false),
        ("MissingSecurityToken", 400, ErrorKind::Authentication, false),
        ("MissingTimestamp", 400, ErrorKind::Authentication, false),
        ("InvalidParameter", 400, ErrorKind::InvalidParameter, false),
        ("InvalidParameter.ClientId", 400, ErrorKind::InvalidParameter, false),
        ("InvalidParameterish", 400, ErrorKind::Service, false),
        ("Throttling", 400, ErrorKind::Throttled, true),
        ("Throttling.User", 400, ErrorKind::Throttled, true),
        ("SystemOverFlow", 500, ErrorKind::Throttled, true),
        ("Forbidden.RAM", 403, ErrorKind::PermissionDenied, false),
        ("NoPermission", 200, ErrorKind::PermissionDenied, false),
        ("DeviceCredentialExsit", 400, ErrorKind::AlreadyExists, false),
        ("DeviceCredentialExist", 400, ErrorKind::AlreadyExists, false),
        ("DeviceCredentialExisted", 400, ErrorKind::AlreadyExists, false),
        ("DeviceCredentialNumExceed", 400, ErrorKind::PermissionDenied, false),
        ("SomethingNew", 400, ErrorKind::Service, false),
        ("SomethingNew", 503, ErrorKind::Service, true),
    ] {
        let classified = classify(code, status);
        assert_eq!((classified.kind, classified.is_retryable), (kind, retryable), "{code} under {status}");
    }
}

/// Returns the rows of the reference's table, generated from the table here.
fn reference_rows() -> Vec<String> {
    let moves = [
        "fix the input",
        "fix key, token or clock",
        "fix the RAM policy, the account or the region",
        "register the device first",
        "fetch the credential instead",
        "slow down",
        "use another region, instance or endpoint",
        "try later",
        "check the network",
        "check the network",
        "report it",
        "report it",
    ];
    let codes = |kind: ErrorKind| {
        let rows = SERVICE_CODES.iter().filter(|row| row.kind == kind);
        let mut codes: Vec<String> =
            rows.map(|row| format!("`{}`{}", row.pattern, if row.is_retryable { " ↻" } else { "" })).collect();
        match kind {
            ErrorKind::InvalidParameter => codes.push("every local refusal".into()),
            ErrorKind::Service => codes.push("any other code, ↻ under HTTP 5xx".into()),
            _ if codes.is_empty() => codes.push("-".into()),
            _ => {}
        }
        codes.join(", ")
    };
    let rows = ErrorKind::ALL.iter().zip(moves);
    rows.map(|(kind, caller)| format!("| `{kind}` | {caller} | {} |", codes(*kind))).collect()
}

#[test]
fn the_table_of_the_reference_is_this_one() {
    let reference = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference.md")).unwrap();
    let table: Vec<&str> = reference
        .lines()
        .skip_while(|line| !line.starts_with("| kind |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let rows = reference_rows();
    assert_eq!(table, rows, "docs/reference.md should contain:\n{}", rows.join("\n"));
}
