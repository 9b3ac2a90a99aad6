//! Text that is wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroizing;

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
