//! Redaction of third-party text.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Replaces a secret in the text.
pub(crate) const REDACTED: &str = "<redacted>";

/// Redacts `secrets` in third-party text, including occurrences that are partly or fully
/// percent-encoded, once or twice, as in URLs and canonical requests.
pub(crate) fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    // Intermediate texts still contain a secret, so they are wiped.
    let text = Zeroizing::new(text.to_owned());
    let mut text =
        secrets.into_iter().map(Secret::reveal).filter(|secret| !secret.is_empty()).fold(text, |text, secret| {
            // Almost every text is free of secrets, and this is much cheaper than a search for
            // encoded ones.
            if !may_contain(&text, secret) {
                return text;
            }
            let text = Zeroizing::new(text.replace(secret, REDACTED));
            (1..=2).fold(text, |text, decodings| Zeroizing::new(without(&text, secret.as_bytes(), decodings)))
        });
    std::mem::take(&mut text)
}

/// Whether `redact` would change the text.
pub(crate) fn contains_secret<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret> + Clone) -> bool {
    secrets.clone().into_iter().any(|secret| may_contain(text, secret.reveal())) && redact(text, secrets) != text
}

/// Whether the text contains the secret, unless it is an encoding of something else.
fn may_contain(text: &str, secret: &str) -> bool {
    text.contains('%') || text.contains(secret)
}

/// Redacts the places that equal the secret after this number of decodings.
fn without(text: &str, secret: &[u8], decodings: usize) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    // Each byte with its position in the text.
    let plain = Zeroizing::new(text.bytes().zip(0..).collect::<Vec<_>>());
    let bytes = (0..decodings).fold(plain, |bytes, _| percent_decode(&bytes));
    let mut rest = bytes.as_slice();
    let (mut kept, mut end) = (String::with_capacity(text.len()), 0);
    while let Some((_, start)) = rest.first() {
        let is_secret = rest.len() >= secret.len() && rest.iter().zip(secret).all(|((byte, _), other)| byte == other);
        rest = rest.get(if is_secret { secret.len() } else { 1 }..).unwrap_or_default();
        if is_secret {
            kept += text.get(end..*start).unwrap_or_default();
            kept += REDACTED;
            end = rest.first().map_or(text.len(), |(_, start)| *start);
        }
    }
    kept + text.get(end..).unwrap_or_default()
}

fn percent_decode(bytes: &[(u8, usize)]) -> Zeroizing<Vec<(u8, usize)>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while let [(byte, place), behind @ ..] = rest {
        rest = behind;
        let mut byte = *byte;
        if let (b'%', [(high, _), (low, _), behind @ ..]) = (byte, behind) {
            if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                byte = 16 * high + low;
                rest = behind;
            }
        }
        decoded.push((byte, *place));
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_cut_out_in_every_encoding() {
        let secrets = [Secret::new("s+/="), Secret::new("t0k3n")];
        let text = "raw s+/=, once s%2B%2F%3D, twice s%252B%252F%253D, other t0k3n";
        assert_eq!(redact(text, &secrets), "raw <redacted>, once <redacted>, twice <redacted>, other <redacted>");
    }

    #[test]
    fn a_secret_is_cut_out_however_its_characters_are_encoded() {
        let secrets = [Secret::new("s+/="), Secret::new("a%b")];
        for text in ["s%2b%2f%3d", "s%2B/=", "%73+/=", "s%252b%2f=", "%%373+/=", "a%b", "a%25b", "%61%2525b"] {
            assert_eq!(redact(&format!("é{text}é%C3%A9%"), &secrets), "é<redacted>é%C3%A9%", "{text}");
        }
        assert_eq!(redact("s+/s+/=s+/=%", &secrets), "s+/<redacted><redacted>%");
        assert!(contains_secret("s+/=", &secrets) && contains_secret("%73+/=", &secrets));
        for other in ["", "%", "%2", "s%2+/=", "s%2B%2F", "a%", "a%25"] {
            assert_eq!(redact(other, &secrets), other);
            assert!(!contains_secret(other, &secrets));
        }
    }
}
