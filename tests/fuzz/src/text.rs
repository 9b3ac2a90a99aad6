//! What a text for people's eyes must be.

use percent_encoding::percent_decode_str;

pub(crate) fn is_one_line(what: &str, text: &str) {
    assert!(!text.chars().any(char::is_control), "a control character is in the {what}: {text:?}");
}

/// Whoever decodes the text once or twice does not find the secret either.
pub(crate) fn hides(what: &str, text: &str, secret: &str) {
    let once = percent_decode_str(text).decode_utf8_lossy();
    let twice = percent_decode_str(&once).decode_utf8_lossy();
    for text in [text, &once, &twice] {
        assert!(!text.contains(secret), "a secret is in the {what}: {text:?}");
    }
}

/// Every word that an error's message has where the service gave no code.
const OUR_WORDS: &str = "the response response's body is not a has no contains repeats twice longer than KiB HTTP and unexpected \
    redirect redirects are followed line column JSON object string that was requested non-empty id whole milliseconds from 1970 to \
    9999 an without control characters readable service error both Content-Encoding \
    DeviceCredential ClientId InstanceId DeviceAccessKeyId DeviceAccessKeySecret CreateTime UpdateTime";

/// Made of our own words and of the numbers of places and statuses.
pub(crate) fn is_of_our_words(message: &str) {
    for word in message.split([' ', '.', ',', ';', '(', ')']).filter(|word| !word.is_empty()) {
        let is_number = word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        assert!(
            is_number || OUR_WORDS.split_whitespace().any(|our| our == word),
            "{word:?} is none of our words: {message:?}"
        );
    }
}

/// Whether the URL parser may fail an assertion that only debug builds have: that of `idna` 1.1.0 in `is_bidi`, for a host in
/// Punycode that contains U+200F. It refuses the host in the builds that users have.
pub(crate) fn trips_the_url_parser(url: &str) -> bool {
    let plain = percent_decode_str(url).decode_utf8_lossy();
    let plain: String = plain.chars().filter(|c| !c.is_control()).collect();
    cfg!(debug_assertions) && (!plain.is_ascii() || plain.to_ascii_lowercase().contains("xn--"))
}
