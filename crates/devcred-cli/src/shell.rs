//! Words for a POSIX shell.

/// A word that the shell reads back as this text, whatever it contains.
pub(crate) fn quoted(text: &str) -> String {
    // Between single quotes nothing is special, and a single quote is impossible: end the quotes,
    // escape one, begin again.
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::quoted;

    #[test]
    fn a_shell_reads_the_text_back() {
        for text in [
            "",
            "plain",
            "DeviceCredential|DC.1|post-cn-demo",
            "it's",
            "'",
            "''\\'",
            "$(id) `id` \"$HOME\" !! \\ # ~ * ; & > <",
            "line\nline",
        ] {
            let script = format!("VALUE={}; printf %s \"$VALUE\"", quoted(text));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
