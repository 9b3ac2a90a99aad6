//! The help: a newcomer finds examples, variables and exit statuses in every help text.

use crate::command::{devcred, run};

#[test]
fn every_help_has_examples_variables_and_statuses() {
    let key = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"];
    let client = [
        "ALIBABA_CLOUD_REGION_ID",
        "DEVCRED_INSTANCE_ID",
        "DEVCRED_ENDPOINT",
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
    ];
    let get =
        [&key[..], &client, &["    devcred get 'GID_", "\n  3 ", "\n  4 ", "\n  5 ", "\n  6 ", "\n  7 ", "\n  130 "]]
            .concat();
    let register =
        [&key[..], &client, &["\n  7 ", "\n  130 ", "    devcred register 'GID_", "not sent again", "billed"]].concat();
    for (arguments, named) in [
        (&["--help"][..], &get[..]),
        (&["get", "--help"], &get),
        (&["help", "get"], &get),
        (&["register", "--help"], &register),
        (&["help", "register"], &register),
        (&["emulator", "--help"], &key),
        (&["completions", "--help"], &["completions bash", "completions zsh", "completions fish"]),
        (&["man", "--help"], &["devcred man get"]),
    ] {
        let ended = run(&mut devcred(arguments.iter().copied()));
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        let always = ["Examples:\n", "\n    devcred ", "\n  0 ", "\n  2 ", "\n  70 "];
        for text in always.iter().chain(named) {
            assert!(ended.stdout.contains(text), "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn what_is_generated_never_shows_a_variable() {
    let canary = "c4nary-of-a-variable";
    for arguments in [
        &["--help"][..],
        &["get", "--help"],
        &["register", "--help"],
        &["emulator", "--help"],
        &["completions", "bash"],
        &["man"],
        &["man", "get"],
        &["get"],
    ] {
        let mut command = devcred(arguments.iter().copied());
        for name in [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "ALIBABA_CLOUD_REGION_ID",
            "DEVCRED_ENDPOINT",
            "DEVCRED_INSTANCE_ID",
            "HTTPS_PROXY",
        ] {
            command.env(name, canary);
        }
        let ended = run(&mut command);
        assert!(!ended.stdout.contains(canary) && !ended.stderr.contains(canary), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn without_a_subcommand_the_help_goes_to_stderr_with_2() {
    let ended = run(&mut devcred([]));
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("Examples:\n"), "{}", ended.stderr);
}

#[test]
fn the_version_is_the_workspaces() {
    let ended = run(&mut devcred(["--version"]));
    assert_eq!((ended.status, ended.stdout), (Some(0), format!("devcred {}\n", env!("CARGO_PKG_VERSION"))));
}
