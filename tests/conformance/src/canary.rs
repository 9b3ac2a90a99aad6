//! Finds secrets in what a probe wrote, whichever way they got there, and cuts them out of what the driver prints.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::line::encode;

/// A shorter text stands in ordinary output by accident.
const SHORTEST: usize = 8;

/// Secrets, in every form in which one could slip into a text. A case of a thousand devices has sixteen thousand forms, so a
/// text is read once, and compared with those that begin as it goes on.
#[derive(Clone, Default)]
pub struct Canaries {
    known: Vec<Canary>,
    /// The place of a canary, and one of its forms, by how that begins.
    by_start: HashMap<[u8; SHORTEST], Vec<(usize, String)>>,
}

#[derive(Clone)]
struct Canary {
    /// What it is; never its value.
    name: String,
    forms: Vec<String>,
}

impl Canaries {
    /// Watches for a secret from now on.
    pub fn add(&mut self, name: impl Into<String>, secret: &str) {
        if secret.len() >= SHORTEST {
            self.add_forms(name.into(), forms(secret));
        }
    }

    /// Watches for these too.
    pub fn extend(&mut self, others: &Canaries) {
        for Canary { name, forms } in &others.known {
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
            self.known.push(Canary { name, forms });
        }
    }

    /// The names of those that stand in the text.
    pub fn found_in(&self, text: &str) -> Vec<&str> {
        self.all_in(text).map(|canary| canary.name.as_str()).collect()
    }

    /// The text without them.
    pub fn cut_out_of(&self, text: &str) -> String {
        let forms = self.all_in(text).flat_map(|canary| canary.forms.iter().map(|form| (form, &canary.name)));
        forms.fold(text.to_owned(), |text, (form, name)| text.replace(form, &format!("<{name}>")))
    }

    /// The text without a secret of which only the beginning is there, because the text is cut off.
    pub(crate) fn without_cut_secret<'a>(&self, text: &'a str) -> &'a str {
        let is_cut = |rest: &str| {
            let start = rest.as_bytes().first_chunk();
            let mut alike = start.and_then(|start| self.by_start.get(start)).into_iter().flatten();
            alike.any(|(_, form)| form.starts_with(rest))
        };
        let mut cut = text.char_indices().filter_map(|(index, _)| text.split_at_checked(index));
        cut.find(|(_, rest)| is_cut(rest)).map_or(text, |(before, _)| before)
    }

    fn all_in(&self, text: &str) -> impl Iterator<Item = &Canary> {
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

/// Longest first, so that nothing is left of one when it is cut out: as it is, percent-encoded once and twice, as a part of
/// a base64 text, and as the bytes that a debugging print of a buffer shows.
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

/// The characters that base64 makes of the secret alone where `shift` bytes stand before it, modulo 3.
fn base64_within(secret: &str, shift: usize) -> Option<String> {
    let bytes = [vec![0; shift], secret.as_bytes().to_vec()].concat();
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    encoded.get((8 * shift).div_ceil(6)..8 * bytes.len() / 6).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t+/value=";

    fn canaries() -> Canaries {
        let mut canaries = Canaries::default();
        canaries.add("the secret", SECRET);
        canaries
    }

    #[test]
    fn a_secret_is_found_and_cut_out_in_every_form() {
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
            assert_eq!(canaries().found_in(&text), ["the secret"], "{text}");
            let cut = canaries().cut_out_of(&text);
            assert!(canaries().found_in(&cut).is_empty() && cut.contains("<the secret>"), "{cut}");
        }
    }

    #[test]
    fn each_of_many_is_found_by_its_name_and_once() {
        let mut many = canaries();
        many.add("a longer one", "s3cr3t+/value=and-more");
        many.add("the same", SECRET);
        (0..100).for_each(|number| many.add(number.to_string(), &format!("s3cr3t+/{number}")));
        assert_eq!(
            many.found_in(&format!("{SECRET}and-more, s3cr3t+/7, {SECRET}")),
            ["the secret", "a longer one", "7"]
        );
        let mut both = Canaries::default();
        both.extend(&many);
        both.extend(&canaries());
        assert_eq!(both.found_in(SECRET), ["the secret"]);
    }

    #[test]
    fn a_secret_that_is_cut_off_is_left_out() {
        for (text, left) in [("a s3cr3t+/v", "a "), ("a s3cr3t+/value", "a "), ("s3cr3t+/ a", "s3cr3t+/ a"), ("a", "a")]
        {
            assert_eq!(canaries().without_cut_secret(text), left, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_found() {
        assert!(canaries().found_in("s3cr3t value").is_empty());
        let mut short = Canaries::default();
        short.add("short", "secret");
        assert!(short.found_in("a secret").is_empty());
    }
}
