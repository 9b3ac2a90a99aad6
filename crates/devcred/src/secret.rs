//! Text that is wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text: wiped from memory when it is dropped, and never printed.
///
/// [`reveal`](Secret::reveal) is the only way to read it. There is no `Display` and no `Serialize`,
/// and `Debug` prints a placeholder, so that a secret does not get into a log or a response by
/// accident.
///
/// ```
/// let secret = devcred::Secret::new("s3cr3t");
/// assert_eq!(format!("{secret:?}"), "<hidden: use reveal()>");
/// assert_eq!(secret.reveal(), "s3cr3t");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Replaces a secret in the text of a value.
const HIDDEN: &str = "<hidden: use reveal()>";

/// What replaces a secret in every language begins like this.
pub(crate) const HIDDEN_PREFIX: &str = "<hidden";

impl Secret {
    /// Takes ownership of the text. Earlier copies of it are not wiped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text. Do not log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}
