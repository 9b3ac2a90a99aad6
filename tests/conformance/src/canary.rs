//! Finds secrets in what a probe wrote, whichever way they got there, and cuts them out of what the driver prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::line::encode;

/// A shorter text stands in ordinary output by accident.
const SHORTEST: usize = 8;

/// Secrets, in every form in which one could slip into a text.
#[derive(Clone, Default)]
pub struct Canaries(Vec<Canary>);

#[derive(Clone)]
struct Canary {
    /// What it is; never its value.
    name: String,
    forms: Vec<String>,
}

impl Canaries {
    /// Watches for a secret from now on.
    pub fn add(&mut self, name: impl Into<String>, secret: &str) {
        let forms = forms(secret);
        if secret.len() >= SHORTEST && !self.0.iter().any(|known| known.forms == forms) {
            self.0.push(Canary { name: name.into(), forms });
        }
    }

    /// Watches for these too.
    pub fn extend(&mut self, others: &Canaries) {
        for canary in &others.0 {
            if !self.0.iter().any(|known| known.forms == canary.forms) {
                self.0.push(canary.clone());
            }
        }
    }

    /// The names of those that stand in the text.
    pub fn found_in(&self, text: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|canary| canary.forms.iter().any(|form| text.contains(form)));
        found.map(|canary| canary.name.as_str()).collect()
    }

    /// The text without them.
    pub fn cut_out_of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for canary in &self.0 {
            for form in &canary.forms {
                text = text.replace(form, &format!("<{}>", canary.name));
            }
        }
        text
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
    fn nothing_else_is_found() {
        assert!(canaries().found_in("s3cr3t value").is_empty());
        let mut short = Canaries::default();
        short.add("short", "secret");
        assert!(short.found_in("a secret").is_empty());
    }
}
