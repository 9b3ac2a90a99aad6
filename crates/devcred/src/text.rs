//! Prepares the service's text for a terminal or a log.

/// Returns the text in one line. White space and control characters become a single space.
/// Invisible characters, such as those that change the writing direction, are removed, because they
/// can make a line look like another.
pub(crate) fn single_line(text: &str) -> String {
    // Room for the whole of it, so that the buffer need not grow and leave copies of a secret
    // behind.
    let mut line = String::with_capacity(text.len());
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    line.extend(words.next().into_iter().flat_map(visible));
    for word in words {
        line.push(' ');
        line.extend(visible(word));
    }
    line
}

fn visible(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| !is_format(*c))
}

/// Unicode format characters (category Cf) that messages do not need.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_break_and_nothing_invisible() {
        for (text, line) in [
            ("one\r\n two\u{1b}[31m\t three ", "one two [31m three"),
            ("\u{202e}dne eht\u{202c}, \u{2066}x\u{2069}, \u{200b}\u{feff}a\u{ad}b", "dne eht, x, ab"),
            ("caf\u{e9} 设备 \u{1f511}", "caf\u{e9} 设备 \u{1f511}"),
            ("", ""),
        ] {
            assert_eq!(single_line(text), line);
        }
    }
}
