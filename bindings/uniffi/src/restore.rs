//! Credentials that a program stored.

use devcred_bridge::{ErrorInfo as NativeError, RevealedCredential as NativeRevealedCredential, contain_panic};

use crate::call::texts;

/// The result of restoring a credential.
#[derive(uniffi::Enum)]
pub enum NativeRestored {
    /// It is a credential.
    Credential {
        /// Its texts, each on a line, as [`NativeListener`](crate::NativeListener) receives them.
        texts: String,
    },
    /// A value cannot be that of a credential.
    Refused {
        /// The error, which names it.
        error: NativeError,
    },
}

/// Creates a credential from what a program stored, and computes its login.
#[uniffi::export]
pub fn restore(revealed: NativeRevealedCredential) -> NativeRestored {
    match contain_panic(|| revealed.restore()) {
        Ok(credential) => NativeRestored::Credential { texts: texts(credential) },
        Err(error) => NativeRestored::Refused { error: *error },
    }
}
