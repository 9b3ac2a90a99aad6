//! The two streams. If no one reads a stream, that is no reason to panic, as `println!` does.

use std::io::{self, Write};

/// Writes the result to stdout. If stdout was closed, Rust has opened /dev/null for it before
/// `main` begins. That cannot be distinguished from a /dev/null that the caller chose: Python and
/// Node.js open it in the same way for a child whose output no one wants.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// Writes a line to stderr. If that fails, there is no other place to report it.
pub(crate) fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
