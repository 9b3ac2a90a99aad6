//! The two streams. A stream that no one reads is no reason to panic, as `println!` does.

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes the result to stdout. If stdout was closed, Rust has opened /dev/null for it before
/// `main` begins. That cannot be distinguished from a /dev/null that the caller chose: Python and Node.js
/// open it in the same way for a child whose output no one wants.
pub(crate) fn result(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::Internal(format!("cannot write the result to stdout: {error}")))
}

/// Writes anything else to stderr. Where that fails there is nobody left to tell.
pub(crate) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
