//! The body of a service error, in JSON or XML.

use devcred::{Error, ErrorKind};

use crate::call::{check_error, read};

/// The first byte selects two statuses, the rest is the body. The kind of an error depends on its
/// code, not on the status, and a body with the same values in XML results in the same error.
pub fn error_body(data: &[u8]) {
    const STATUSES: [u16; 8] = [400, 403, 404, 429, 500, 503, 200, 302];
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let statuses = STATUSES.iter().cycle().skip(usize::from(*choice) % STATUSES.len()).take(2);
    let errors = statuses.filter_map(|status| Some((*status, read(*status, &[], body).err()?)));
    let errors: Vec<_> = errors.inspect(|(status, error)| check_error(error, *status)).collect();

    if let [(_, one), (_, other)] = errors.as_slice()
        && one.code().is_some()
        && other.code().is_some()
    {
        assert_eq!((one.kind(), one.code(), one.message()), (other.kind(), other.code(), other.message()));
        assert_eq!((one.request_id(), one.help_url()), (other.request_id(), other.help_url()));
    }
    for (status, error) in &errors {
        if *status == 302 {
            assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidResponse, None));
        }
        // Only these kinds are retryable, and one code of another kind.
        let has_retryable_kind = matches!(error.kind(), ErrorKind::Throttled | ErrorKind::Service);
        assert!(!error.is_retryable() || has_retryable_kind || error.code() == Some("SignatureNonceUsed"), "{error}");
    }
    if let Some((status, error)) = errors.first() {
        check_as_xml(error, *status);
    }
}

fn check_as_xml(error: &Error, status: u16) {
    let Some(code) = error.code() else {
        return;
    };
    let mut xml =
        format!("<?xml version='1.0'?><Error><Code>{code}</Code><Message>{}</Message>", escape(error.message()));
    for (tag, value) in [("RequestId", error.request_id()), ("Recommend", error.help_url())] {
        if let Some(value) = value {
            xml += &format!("<{tag}>{}</{tag}>", escape(value));
        }
    }
    let again = read(status, &[], (xml + "</Error>").as_bytes()).expect_err("an error body is not a credential");
    check_error(&again, status);
    assert_eq!((again.kind(), again.code(), again.message()), (error.kind(), error.code(), error.message()));
    assert_eq!((again.request_id(), again.help_url()), (error.request_id(), error.help_url()));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
