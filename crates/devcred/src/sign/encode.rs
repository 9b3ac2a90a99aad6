//! The one percent-encoder.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986: letters, digits and `-_.~` stay, a space
/// becomes `%20`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Appends the text's UTF-8 bytes, percent-encoded in upper-case hex.
pub(crate) fn append(to: &mut String, text: &str) {
    to.extend(utf8_percent_encode(text, RESERVED));
}

/// `name=value&name=value`, encoded and sorted by name in byte order. An empty value keeps its `=`.
pub(crate) fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut parameters = Cow::Borrowed(parameters);
    if !parameters.is_sorted() {
        parameters.to_mut().sort_unstable();
    }
    let length: usize = parameters.iter().map(|(name, value)| name.len() + 2 * value.len() + 2).sum();
    let mut query = String::with_capacity(length);
    for (name, value) in parameters.iter() {
        if !query.is_empty() {
            query.push('&');
        }
        append(&mut query, name);
        query.push('=');
        append(&mut query, value);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent_encode(text: &str) -> String {
        let mut encoded = String::new();
        append(&mut encoded, text);
        encoded
    }

    #[test]
    fn only_the_unreserved_characters_stay() {
        let stay = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
        for byte in 0..=0x7f_u8 {
            let character = char::from(byte);
            let encoded = percent_encode(&character.to_string());
            let expected = if stay.contains(character) { character.to_string() } else { format!("%{byte:02X}") };
            assert_eq!(encoded, expected);
        }
        assert_eq!(percent_encode("é"), "%C3%A9");
        assert_eq!(percent_encode("e\u{301}"), "e%CC%81");
        assert_eq!(percent_encode("🔑"), "%F0%9F%94%91");
    }

    #[test]
    fn a_query_is_sorted_by_bytes_and_keeps_an_empty_value() {
        assert_eq!(canonical_query(&[("b", ""), ("a", " ~/*-+"), ("B", "1")]), "B=1&a=%20~%2F%2A-%2B&b=");
        assert_eq!(canonical_query(&[]), "");
    }

    /// A buffer that grows is copied, and the copy of a security token that is left behind is not
    /// wiped.
    #[test]
    fn a_query_has_room_from_the_start_for_values_of_which_half_is_encoded() {
        for (name, value) in [(1, 1), (300, 0), (1, 3000), (40, 40)] {
            let (name, value) = ("n".repeat(name), "v".repeat(value));
            let query = canonical_query(&[(&name, &value), ("z", &value)]);
            // For each parameter an equals sign, and an ampersand between them.
            assert_eq!(query.capacity() - query.len(), 2 * value.len() + 1);
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_the_text_back(text in any::<String>()) {
            let encoded = percent_encode(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b)));
            prop_assert_eq!(percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap(), text);
        }

        #[test]
        fn no_two_texts_are_encoded_alike(one in any::<String>(), other in any::<String>()) {
            prop_assert_eq!(percent_encode(&one) == percent_encode(&other), one == other);
        }

        #[test]
        fn the_order_of_the_parameters_does_not_matter(
            parameters in prop::collection::hash_map("[A-Za-z]{1,8}", any::<String>(), 0..8)
        ) {
            let mut pairs: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let query = canonical_query(&pairs);
            pairs.reverse();
            prop_assert_eq!(canonical_query(&pairs), query);
        }
    }
}
