//! Completions of shells, and manual pages.

use crate::command::{devcred, run, tool};

fn printed(arguments: &[&str]) -> String {
    let ended = run(&mut devcred(arguments.iter().copied()));
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ended.stdout
}

#[test]
fn every_shell_has_completions() {
    for (shell, registration) in [
        ("bash", "complete -F _devcred "),
        ("zsh", "#compdef devcred\n"),
        ("fish", "complete -c devcred "),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'devcred'"),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.contains(registration), "{shell}: {script}");
        for word in ["register", "emulator", "register-existing", "acs3-hmac-sha256"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let ended = run(&mut devcred(["completions", "cmd"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("powershell"), "{}", ended.stderr);
}

/// Returns what bash would offer for the last of these words.
#[cfg(unix)]
fn completed_by_bash(words: &[&str]) -> Vec<String> {
    let script = r#"eval "$SCRIPT"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _devcred "$1" "${!#}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = tool("bash");
    bash.args(["-c", script, "bash"]).args(words).env("SCRIPT", printed(&["completions", "bash"]));
    let ended = run(&mut bash);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{words:?}");
    ended.stdout.lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_subcommands_flags_and_values() {
    assert_eq!(completed_by_bash(&["devcred", "emu"]), ["emulator"]);
    assert_eq!(completed_by_bash(&["devcred", "get", "--max"]), ["--max-attempts"]);
    assert_eq!(completed_by_bash(&["devcred", "get", "--signature", "h"]), ["hmac-sha1"]);
    assert_eq!(completed_by_bash(&["devcred", "emulator", "--register-existing", ""]), ["rotate", "refuse"]);
}

#[test]
fn the_manual_has_a_page_for_the_command_and_its_subcommands() {
    for (arguments, title, texts) in [
        (&["man"][..], "\n.TH devcred 1 ", &["devcred\\-get", ".SH \"EXIT STATUS\"\n"][..]),
        (&["man", "get"], "\n.TH devcred-get 1 ", &["\\-\\-max\\-attempts", ".SH EXAMPLES\n"]),
        (&["man", "register"], "\n.TH devcred-register 1 ", &["\\-\\-instance\\-id", ".SH EXAMPLES\n"]),
        (&["man", "emulator"], "\n.TH devcred-emulator 1 ", &["\\-\\-listen", ".SH EXAMPLES\n"]),
    ] {
        let page = printed(arguments);
        assert!(page.contains(title), "{arguments:?}: {page}");
        for text in texts {
            assert!(page.contains(text), "{arguments:?} {text}: {page}");
        }
    }
    assert_eq!(run(&mut devcred(["man", "fetch"])).status, Some(2));
}

/// The lines of the examples can be copied.
#[test]
fn a_page_does_not_break_the_lines_of_the_help() {
    let help = printed(&["register", "--help"]);
    let page = printed(&["man", "register"]);
    let (_, after_options) = help.split_once("Print help\n").unwrap();
    for line in after_options.lines().filter(|line| !line.is_empty() && !line.ends_with(':')) {
        let escaped = line.replace('\\', "\\\\").replace('-', "\\-").replace('\'', "\\*(Aq");
        assert!(page.contains(&format!("\n{escaped}\n")), "{escaped}\n{page}");
    }
}
