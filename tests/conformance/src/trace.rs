//! For `--trace`: the requests and responses of a failed case, as text.

use std::fmt::Write;

use devcred_emulator::{Exchange, Recorded};

use crate::leak_check::Secrets;

/// The exchanges, `>` before each line of a request and `<` before each line of a response.
pub(crate) fn shown(exchanges: &[Exchange], secrets: &Secrets) -> String {
    let mut text = "\nthe requests and responses, at most 4 KiB of each\n".to_owned();
    for (index, Exchange { connection, request, response, .. }) in exchanges.iter().enumerate() {
        let _ = writeln!(text, "  {}. connection {connection}", index + 1);
        for (mark, recorded) in [('>', request), ('<', response)] {
            for line in lines(recorded, secrets) {
                let _ = writeln!(text, "  {mark} {line}");
            }
        }
    }
    text
}

fn lines(recorded: &Recorded, secrets: &Secrets) -> Vec<String> {
    let mut text = escaped(recorded.bytes());
    let omitted = recorded.omitted();
    if omitted > 0 {
        text.truncate(secrets.without_partial_secret(&text).len());
    }
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    if omitted > 0 {
        lines.push(format!("({omitted} more bytes)"));
    }
    lines
}

/// The bytes as text. What is not text is escaped; only CR LF and LF end a line.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().replace("\r\n", "\n").chars() {
            match character {
                '\n' => text.push('\n'),
                control if control.is_control() => text.extend(control.escape_default()),
                other => text.push(other),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn bytes_that_are_not_text_are_escaped() {
        assert_eq!(escaped(b"a: \xe2\x82\xac\r\n\r\n\x1f\x8b\x00\xff\r"), "a: €\n\n\\u{1f}\\x8b\\u{0}\\xff\\r");
    }
}
