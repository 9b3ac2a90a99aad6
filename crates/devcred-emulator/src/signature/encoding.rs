//! The percent-encoding of both signature methods, and the decoding of a form.

/// Keeps `A-Z a-z 0-9 - _ . ~` and writes every other byte of the UTF-8 text as `%XY` in upper
/// case.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Parses `a=1&b=2` from a query or a form, in order. `+` is a space: some of the vendor's SDKs
/// send it and sign `%20`.
///
/// Returns `None` if a `%` is not followed by two hexadecimal digits, or if the bytes are not
/// UTF-8.
pub(crate) fn decode_pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes one name or value of [`decode_pairs`].
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_pairs, encode, hex};

    #[test]
    fn only_the_unreserved_characters_stay() {
        assert_eq!(encode("azAZ09-_.~"), "azAZ09-_.~");
        assert_eq!(encode(" ~/*-+"), "%20~%2F%2A-%2B");
        assert_eq!(encode("@!'()é\n"), "%40%21%27%28%29%C3%A9%0A");
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let every_byte: String = (0..=0x10_FFFF).step_by(97).filter_map(char::from_u32).collect();
        assert_eq!(decode(&encode(&every_byte)), Some(every_byte));
    }

    #[test]
    fn a_plus_is_a_space_and_lower_case_digits_are_read() {
        assert_eq!(decode("a+b%2a%2B"), Some("a b*+".to_owned()));
    }

    #[test]
    fn a_broken_escape_and_broken_utf_8_are_refused() {
        for text in ["%", "%4", "%zz", "%+1", "%ff", "%C3"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn pairs_keep_their_order_and_an_absent_value_is_empty() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = decode_pairs("b=1&a=2=3&&c").unwrap();
        assert_eq!(pairs, [pair("b", "1"), pair("a", "2=3"), pair("c", "")]);
    }

    #[test]
    fn hex_is_lower_case() {
        assert_eq!(hex(&[0, 0xAB, 0xFF]), "00abff");
    }
}
