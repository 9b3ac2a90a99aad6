//! The one table from a code of the service to an [`ErrorKind`].

use crate::error::ErrorKind;

/// A service code, or a family of them: `Name.*` is `Name` and `Name.anything`, `Name*` is a
/// prefix.
struct Row {
    pattern: &'static str,
    kind: ErrorKind,
    is_retryable: bool,
}

const fn row(pattern: &'static str, kind: ErrorKind) -> Row {
    Row { pattern, kind, is_retryable: false }
}

const fn retryable(pattern: &'static str, kind: ErrorKind) -> Row {
    Row { pattern, kind, is_retryable: true }
}

/// Every code of the operations and of the gateway in front of them. The code decides, never the
/// status alone: the documents disagree on statuses, and throttling has the status 400 or 500. A
/// test compares the table in README.md with this one.
const SERVICE_CODES: &[Row] = &[
    row("ParameterCheckFailed", ErrorKind::InvalidParameter),
    row("InvalidParameter.*", ErrorKind::InvalidParameter),
    row("Missing*", ErrorKind::InvalidParameter),
    row("CheckAccountInfoFailed", ErrorKind::Authentication),
    row("SignatureDoesNotMatch", ErrorKind::Authentication),
    row("IncompleteSignature", ErrorKind::Authentication),
    row("InvalidAccessKeyId.*", ErrorKind::Authentication),
    row("InvalidSecurityToken.*", ErrorKind::Authentication),
    row("MissingSecurityToken", ErrorKind::Authentication),
    row("InvalidTimeStamp.*", ErrorKind::Authentication),
    row("IllegalTimestamp", ErrorKind::Authentication),
    row("MissingTimestamp", ErrorKind::Authentication),
    retryable("SignatureNonceUsed", ErrorKind::Authentication),
    row("Forbidden.AccessKeyDisabled", ErrorKind::Authentication),
    row("PermissionCheckFailed", ErrorKind::PermissionDenied),
    row("InstancePermissionCheckFailed", ErrorKind::PermissionDenied),
    row("NoPermission", ErrorKind::PermissionDenied),
    row("Forbidden*", ErrorKind::PermissionDenied),
    row("DeviceCredentialNumExceed", ErrorKind::PermissionDenied),
    row("DeviceCredentialNotFound", ErrorKind::NotFound),
    // The service's spelling.
    row("DeviceCredentialExsit", ErrorKind::AlreadyExists),
    row("DeviceCredentialExist*", ErrorKind::AlreadyExists),
    retryable("ApplyTokenOverFlow", ErrorKind::Throttled),
    retryable("SystemOverFlow", ErrorKind::Throttled),
    retryable("Throttling*", ErrorKind::Throttled),
    row("ApiNotSupport", ErrorKind::Unsupported),
    row("InvalidApi.NotFound", ErrorKind::Unsupported),
    row("InvalidAction.NotFound", ErrorKind::Unsupported),
    row("InvalidVersion", ErrorKind::Unsupported),
    row("InvalidProduct.NotFound", ErrorKind::Unsupported),
    row("InvalidProtocol.NeedSsl", ErrorKind::Unsupported),
    row("UnsupportedHTTPMethod", ErrorKind::Unsupported),
    retryable("InternalError", ErrorKind::Service),
    retryable("ServiceUnavailable", ErrorKind::Service),
    retryable("UnknownError", ErrorKind::Service),
];

/// Whether `code` matches a pattern as in the table.
pub(crate) fn code_matches(pattern: &str, code: &str) -> bool {
    if let Some(name) = pattern.strip_suffix(".*") {
        code.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    } else if let Some(prefix) = pattern.strip_suffix('*') {
        code.starts_with(prefix)
    } else {
        code == pattern
    }
}

impl Row {
    /// A complete code is more specific than any family, and a longer family than a shorter one.
    fn specificity(&self) -> (bool, usize) {
        (!self.pattern.ends_with('*'), self.pattern.len())
    }
}

/// What a service code means: its kind, whether the same call may succeed if it is made again, and
/// whether the table contains it. An unknown code counts as a failure of the service, which is
/// retryable only if the status is 5xx.
pub(crate) struct Classified {
    pub kind: ErrorKind,
    pub is_retryable: bool,
    pub is_known: bool,
}

/// Returns the part of a code that the table contains: the complete code, the name of its family,
/// or nothing.
pub(crate) fn known_part(code: &str) -> &str {
    match row_of(code) {
        Some(Row { pattern, .. }) if *pattern == code => code,
        Some(Row { pattern, .. }) => code.get(..pattern.trim_end_matches(['.', '*']).len()).unwrap_or_default(),
        None => "",
    }
}

fn row_of(code: &str) -> Option<&'static Row> {
    SERVICE_CODES.iter().filter(|row| code_matches(row.pattern, code)).max_by_key(|row| row.specificity())
}

pub(crate) fn classify(code: &str, http_status: u16) -> Classified {
    match row_of(code) {
        Some(row) => Classified { kind: row.kind, is_retryable: row.is_retryable, is_known: true },
        None => Classified { kind: ErrorKind::Service, is_retryable: http_status >= 500, is_known: false },
    }
}

#[cfg(test)]
mod tests;
