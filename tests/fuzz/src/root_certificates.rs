//! The caller's root certificates in PEM.

use std::sync::OnceLock;

use devcred::{ErrorKind, testing};

use crate::text;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// PEM is refused completely, or every certificate in it is trusted in addition to the bundled
/// ones.
pub fn root_certificates(pem: &[u8]) {
    static BUNDLED: OnceLock<usize> = OnceLock::new();
    let bundled = *BUNDLED.get_or_init(|| testing::count_roots(None).expect("the bundled roots can be loaded"));
    let trusted = match testing::count_roots(Some(pem)) {
        Ok(trusted) => trusted,
        Err(error) => {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidParameter, 0));
            assert!(error.message().starts_with("root_certificates_pem "), "{error}");
            text::check_single_line("message", error.message());
            return;
        }
    };
    let begin_lines = pem.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
    assert!(trusted > bundled, "PEM without a certificate was accepted");
    assert!(
        trusted - bundled <= begin_lines,
        "{} certificates were added, but only {begin_lines} begin",
        trusted - bundled
    );

    let twice =
        testing::count_roots(Some(&[pem, b"\n", pem].concat())).expect("accepted PEM is accepted when repeated");
    assert_eq!(twice - bundled, 2 * (trusted - bundled));
}
