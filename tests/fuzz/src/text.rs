//! Checks of texts for users.

use percent_encoding::percent_decode_str;

pub(crate) fn check_single_line(name: &str, text: &str) {
    assert!(!text.chars().any(char::is_control), "a control character is in the {name}: {text:?}");
}

/// Checks that the text does not contain the secret, also after percent-decoding it once or twice.
pub(crate) fn check_hides(name: &str, text: &str, secret: &str) {
    let once = percent_decode_str(text).decode_utf8_lossy();
    let twice = percent_decode_str(&once).decode_utf8_lossy();
    for text in [text, &once, &twice] {
        assert!(!text.contains(secret), "a secret is in the {name}: {text:?}");
    }
}

/// Every word of the messages of errors without a service code.
const OWN_WORDS: &str = "the response response's body is not a has no contains repeats twice longer than KiB HTTP and unexpected \
    redirect redirects are followed line column JSON object string that was requested non-empty id whole milliseconds from 1970 to \
    9999 an without control characters readable service error both Content-Encoding \
    DeviceCredential ClientId InstanceId DeviceAccessKeyId DeviceAccessKeySecret CreateTime UpdateTime";

/// Checks that a message consists of devcred's words, line and column numbers, and statuses.
pub(crate) fn check_own_words(message: &str) {
    for word in message.split([' ', '.', ',', ';', '(', ')']).filter(|word| !word.is_empty()) {
        let is_number = word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        assert!(
            is_number || OWN_WORDS.split_whitespace().any(|own| own == word),
            "{word:?} is not one of devcred's words: {message:?}"
        );
    }
}

/// Returns whether the URL parser may fail a debug assertion: that of `idna` 1.1.0 in `is_bidi`,
/// for a Punycode host that contains U+200F. In release builds, it refuses the host.
pub(crate) fn fails_debug_assertion(url: &str) -> bool {
    let plain = percent_decode_str(url).decode_utf8_lossy();
    let plain: String = plain.chars().filter(|c| !c.is_control()).collect();
    cfg!(debug_assertions) && (!plain.is_ascii() || plain.to_ascii_lowercase().contains("xn--"))
}
