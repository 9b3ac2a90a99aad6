//! `devcred emulator -- COMMAND`.

#![cfg(unix)]

use std::process::{ChildStdin, Command, Stdio};

use crate::command::{Ended, Lines, Running, devcred, run};
use crate::service::{INSTANCE, KEY_ID, KEY_SECRET};

const DEVICE: &str = "GID_test@@@device-1";

/// What a command must not receive.
const REAL: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", "t0k3n-of-the-test"),
];

/// Runs a shell script with an emulator, in an environment with a real key.
fn shell(options: &[&str], script: &str) -> Command {
    let words = ["--", "/bin/sh", "-c", script];
    let mut command = devcred(["emulator"].into_iter().chain(options.iter().copied()).chain(words));
    command.envs(REAL).env("DEVCRED", env!("CARGO_BIN_EXE_devcred"));
    command
}

fn run_in_shell(options: &[&str], script: &str) -> Ended {
    run(&mut shell(options, script))
}

#[test]
fn a_command_finds_the_emulator_and_its_calls_are_logged() {
    let ended = run_in_shell(&["--instance", INSTANCE], &format!("\"$DEVCRED\" get '{DEVICE}' --output mqtt"));
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with(&format!("MQTT_CLIENT_ID='{DEVICE}'\n")), "{ended:?}");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let [line] = lines[..] else { panic!("{ended:?}") };
    assert!(line.contains(&format!("  GetDeviceCredential  {DEVICE}  OK  ")), "{line}");
}

#[test]
fn no_real_key_passes_through() {
    let ended = run_in_shell(&[], "env");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (mut keys, others): (Vec<&str>, Vec<&str>) =
        ended.stdout.lines().partition(|line| line.starts_with("ALIBABA_CLOUD_"));
    keys.sort_unstable();
    let [id, secret] = keys[..] else { panic!("{ended:?}") };
    assert!(id.starts_with("ALIBABA_CLOUD_ACCESS_KEY_ID="), "{id}");
    assert!(secret.starts_with("ALIBABA_CLOUD_ACCESS_KEY_SECRET="), "{secret}");
    assert!(others.iter().any(|line| line.starts_with("DEVCRED_ENDPOINT=http://127.0.0.1:")), "{others:?}");
    for (_, real) in REAL {
        assert!(!ended.stdout.contains(real), "{ended:?}");
    }
}

#[test]
fn each_has_a_separate_port_and_key() {
    let script = "echo $DEVCRED_ENDPOINT $ALIBABA_CLOUD_ACCESS_KEY_SECRET";
    let nested = format!("{script}; exec \"$DEVCRED\" emulator -- /bin/sh -c '{script}'");
    let ended = run_in_shell(&[], &nested);
    let lines: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split(' ').collect()).collect();
    let [first, second] = &lines[..] else { panic!("{ended:?}") };
    assert!(first[0] != second[0] && first[1] != second[1], "{ended:?}");
}

#[test]
fn it_ends_with_the_status_of_the_command() {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -KILL $$", 137)] {
        assert_eq!(run_in_shell(&[], script).status, Some(status), "{script}");
    }
}

#[test]
fn a_command_that_cannot_be_run_is_reported() {
    for (program, status) in [("/no/such/program", 127), ("/etc/passwd", 126)] {
        let ended = run(&mut devcred(["emulator", "--", program]));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(status), ""), "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("InvalidParameter: cannot run `{program}`: ")), "{ended:?}");
    }
}

/// Starts a script, waits until it is ready, and returns the input that it waits for.
fn waiting(script: &str) -> (Running, ChildStdin) {
    let script = format!("{script} echo ready; read line; exit 9");
    let mut child = shell(&[], &script).stdin(Stdio::piped()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), Lines::of(child.stdout.take().unwrap()));
    let running = Running::new(child);
    assert_eq!(stdout.next(), "ready");
    (running, stdin)
}

#[test]
fn sigterm_is_forwarded_and_the_command_chooses_the_status() {
    let (running, _stdin) = waiting("trap 'exit 8' TERM;");
    assert_eq!(running.end_by("TERM").status, Some(8));
}

/// A terminal sends it to both; a test sends it only to the one that could end too early.
#[test]
fn ctrl_c_leaves_it_waiting_for_the_command() {
    let (running, stdin) = waiting("");
    running.signal("INT");
    drop(stdin);
    assert_eq!(running.end().status, Some(9));
}

#[test]
fn quotas_are_applied_on_request() {
    // Requests without a signature are refused, and count for their address all the same. They come
    // at once: a second is long.
    let burst = "import os, socket
host, port = os.environ['DEVCRED_ENDPOINT'][len('http://'):].split(':')
request = b'POST / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Length: 0\\r\\n'
answers = b''
with socket.create_connection((host, int(port))) as stream:
    stream.sendall((request + b'\\r\\n') * 399 + request + b'Connection: close\\r\\n\\r\\n')
    try:
        while part := stream.recv(65536):
            answers += part
    except ConnectionError:
        pass
print(answers.count(b'HTTP/1.1 400'))";
    for (options, answers) in [(&[][..], "400\n"), (&["--quotas"], "300\n")] {
        let python = ["--", "/usr/bin/env", "python3", "-c", burst];
        let mut command = devcred(["emulator"].into_iter().chain(options.iter().copied()).chain(python));
        let ended = run(command.env("PATH", std::env::var_os("PATH").unwrap_or_default()));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), answers), "{options:?}: {}", ended.stderr);
    }
}
