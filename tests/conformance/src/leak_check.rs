//! Finds secrets in the output of a probe, in any encoding, and redacts them in the output of the
//! driver.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::line::encode;

/// A shorter text is in ordinary output by accident.
const SHORTEST: usize = 8;

/// Secrets in every encoding in which one could get into a text. A case with a thousand devices has
/// sixteen thousand forms, so a text is scanned once, and at each position compared only with the
/// forms that begin with the same bytes.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    known: Vec<Secret>,
    /// The index of a secret and one of its forms, by the first bytes of the form.
    by_start: HashMap<[u8; SHORTEST], Vec<(usize, String)>>,
}

#[derive(Clone)]
struct Secret {
    /// What it is, never its value.
    name: String,
    forms: Vec<String>,
}

impl Secrets {
    /// Adds a secret.
    pub(crate) fn add(&mut self, name: impl Into<String>, secret: &str) {
        if secret.len() >= SHORTEST {
            self.add_forms(name.into(), forms(secret));
        }
    }

    /// Adds these secrets.
    pub(crate) fn extend(&mut self, others: &Secrets) {
        for Secret { name, forms } in &others.known {
            self.add_forms(name.clone(), forms.clone());
        }
    }

    fn add_forms(&mut self, name: String, forms: Vec<String>) {
        let place = self.known.len();
        let mut is_new = false;
        for form in &forms {
            let Some(start) = form.as_bytes().first_chunk() else { continue };
            let alike = self.by_start.entry(*start).or_default();
            if !alike.iter().any(|(_, known)| known == form) {
                alike.push((place, form.clone()));
                is_new = true;
            }
        }
        if is_new {
            self.known.push(Secret { name, forms });
        }
    }

    /// Returns the names of those that are in the text.
    pub(crate) fn found_in(&self, text: &str) -> Vec<&str> {
        self.all_in(text).map(|secret| secret.name.as_str()).collect()
    }

    /// Replaces the secrets in the text by their names.
    pub(crate) fn redact(&self, text: &str) -> String {
        let forms = self.all_in(text).flat_map(|secret| secret.forms.iter().map(|form| (form, &secret.name)));
        forms.fold(text.to_owned(), |text, (form, name)| text.replace(form, &format!("<{name}>")))
    }

    /// Returns the text without a partial secret at its end, if the text was truncated there.
    pub(crate) fn without_partial_secret<'a>(&self, text: &'a str) -> &'a str {
        let is_cut = |rest: &str| {
            let start = rest.as_bytes().first_chunk();
            let mut alike = start.and_then(|start| self.by_start.get(start)).into_iter().flatten();
            alike.any(|(_, form)| form.starts_with(rest))
        };
        let mut cut = text.char_indices().filter_map(|(index, _)| text.split_at_checked(index));
        cut.find(|(_, rest)| is_cut(rest)).map_or(text, |(before, _)| before)
    }

    fn all_in(&self, text: &str) -> impl Iterator<Item = &Secret> {
        let mut places = BTreeSet::new();
        let mut rest = text.as_bytes();
        while let Some(start) = rest.first_chunk() {
            let alike = self.by_start.get(start).into_iter().flatten();
            places.extend(alike.filter(|(_, form)| rest.starts_with(form.as_bytes())).map(|(place, _)| *place));
            rest = rest.get(1..).unwrap_or_default();
        }
        places.into_iter().filter_map(|place| self.known.get(place))
    }
}

/// Returns the encodings of a secret: plain, percent-encoded once and twice, inside a base64 text,
/// and as the bytes that the `Debug` of a buffer prints. The longest is first, so that a
/// replacement leaves no rest.
fn forms(secret: &str) -> Vec<String> {
    let once = encode(secret).into_owned();
    let twice = encode(&once).into_owned();
    let bytes: Vec<_> = secret.bytes().map(|byte| byte.to_string()).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), once, twice, bytes.join(", "), hex];
    forms.extend((0..3).filter_map(|shift| base64_within(secret, shift)));
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms
}

/// Returns the characters of a base64 text that depend on the secret alone, if `shift` bytes,
/// modulo 3, precede it.
fn base64_within(secret: &str, shift: usize) -> Option<String> {
    let bytes = [vec![0; shift], secret.as_bytes().to_vec()].concat();
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    encoded.get((8 * shift).div_ceil(6)..8 * bytes.len() / 6).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t+/value=";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add("the secret", SECRET);
        secrets
    }

    #[test]
    fn a_secret_is_found_and_redacted_in_every_form() {
        let once = encode(SECRET).into_owned();
        let mut texts = vec![
            format!("before {SECRET} after"),
            format!("?token={once}&"),
            format!("%3F{}", encode(&once)),
            format!("{:?}", SECRET.as_bytes()),
            format!("x'{}'", SECRET.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()),
        ];
        for before in ["", "u", "us", "user:", "user:p"] {
            texts.push(STANDARD_NO_PAD.encode(format!("{before}{SECRET}@host")));
        }
        for text in texts {
            assert_eq!(secrets().found_in(&text), ["the secret"], "{text}");
            let cut = secrets().redact(&text);
            assert!(secrets().found_in(&cut).is_empty() && cut.contains("<the secret>"), "{cut}");
        }
    }

    #[test]
    fn each_of_many_is_found_by_its_name_and_once() {
        let mut many = secrets();
        many.add("a longer one", "s3cr3t+/value=and-more");
        many.add("the same", SECRET);
        (0..100).for_each(|number| many.add(number.to_string(), &format!("s3cr3t+/{number}")));
        assert_eq!(
            many.found_in(&format!("{SECRET}and-more, s3cr3t+/7, {SECRET}")),
            ["the secret", "a longer one", "7"]
        );
        let mut both = Secrets::default();
        both.extend(&many);
        both.extend(&secrets());
        assert_eq!(both.found_in(SECRET), ["the secret"]);
    }

    #[test]
    fn a_truncated_secret_is_removed() {
        for (text, left) in [("a s3cr3t+/v", "a "), ("a s3cr3t+/value", "a "), ("s3cr3t+/ a", "s3cr3t+/ a"), ("a", "a")]
        {
            assert_eq!(secrets().without_partial_secret(text), left, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_found() {
        assert!(secrets().found_in("s3cr3t value").is_empty());
        let mut short = Secrets::default();
        short.add("short", "secret");
        assert!(short.found_in("a secret").is_empty());
    }
}
