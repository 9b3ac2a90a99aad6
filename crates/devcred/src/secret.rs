//! Text that is wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroizing;

use crate::sign::encode::percent_encode;

/// A secret text: wiped from memory when it is dropped, and never printed.
///
/// [`reveal`](Secret::reveal) is the one way to its text. There is no `Display` and no `Serialize`, and `Debug` prints a
/// placeholder, so that a secret cannot slip into a log or an answer unnoticed.
///
/// ```
/// let secret = devcred::Secret::new("s3cr3t");
/// assert_eq!(format!("{secret:?}"), "<hidden: use reveal()>");
/// assert_eq!(secret.reveal(), "s3cr3t");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// What stands in a secret's place wherever text is made of a value that holds one.
pub(crate) const HIDDEN: &str = "<hidden: use reveal()>";

impl Secret {
    /// Takes ownership of the text. Copies that the caller made before are not wiped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Do not log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Takes these secrets out of a text that somebody else wrote, also where they stand percent-encoded once or twice, as a
/// signature's canonical forms have them.
pub(crate) fn cut_out<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    secrets.into_iter().fold(text.to_owned(), |text, secret| {
        let once = Zeroizing::new(percent_encode(secret.reveal()));
        let twice = Zeroizing::new(percent_encode(&once));
        text.replace(&**twice, CUT).replace(&**once, CUT).replace(secret.reveal(), CUT)
    })
}

/// Whether one of these secrets is part of a word of letters, digits and `-._*`, where an encoding would change nothing.
pub(crate) fn stands_in(word: &str, secrets: &[&Secret]) -> bool {
    secrets.iter().any(|secret| word.contains(secret.reveal()))
}

const CUT: &str = "<cut out>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_cut_out_in_every_encoding() {
        let secrets = [Secret::new("s+/="), Secret::new("t0k3n")];
        let text = "raw s+/=, once s%2B%2F%3D, twice s%252B%252F%253D, other t0k3n";
        assert_eq!(cut_out(text, &secrets), "raw <cut out>, once <cut out>, twice <cut out>, other <cut out>");
    }
}
