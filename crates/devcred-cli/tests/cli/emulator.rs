//! `devcred emulator`.

#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::Value;

use crate::command::{Ended, LIMIT, Lines, Running, devcred, run, tool};
use crate::service::{INSTANCE, KEY_ID, KEY_SECRET};

const DEVICE: &str = "GID_test@@@device-1";
const OWN_KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)];

/// The command while it serves, on a free port.
struct Emulator {
    command: Running,
    url: String,
    stdout: Lines,
    stderr: Lines,
}

impl Emulator {
    fn start(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command(options).envs(environment.iter().copied()).spawn().unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        let command = Running::new(child);
        Self { url: stdout.next(), command, stdout, stderr }
    }

    /// Pastes these lines into a shell and runs `devcred get` there.
    fn get_after(&self, exports: &[String], options: &str) -> Ended {
        let script = format!("{}\nexec \"$DEVCRED\" get '{DEVICE}' {options}", exports.join("\n"));
        run(tool("sh").args(["-c", &script]).env("DEVCRED", env!("CARGO_BIN_EXE_devcred")))
    }

    fn get(&self, client_id: &str, options: &[&str]) -> Ended {
        let mut command = devcred(["get", client_id].into_iter().chain(options.iter().copied()));
        run(command.env("DEVCRED_ENDPOINT", &self.url).env("DEVCRED_INSTANCE_ID", INSTANCE).envs(OWN_KEY))
    }

    /// Ends it with this signal, and returns its status and the rest of its output.
    fn end_by(self, name: &str) -> (Option<i32>, Vec<String>, Vec<String>) {
        (self.command.end_by(name).status, self.stdout.rest(), self.stderr.rest())
    }
}

fn command(options: &[&str]) -> Command {
    let listen = ["emulator", "--listen", "127.0.0.1:0"];
    devcred(listen.into_iter().chain(options.iter().copied()))
}

#[test]
fn what_it_prints_is_enough_for_a_client() {
    let emulator = Emulator::start(&["--instance", INSTANCE], &[]);
    let port = emulator.url.strip_prefix("http://127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);

    let exports: Vec<String> = (0..4).map(|_| emulator.stderr.next()).collect();
    let begin = [
        format!("export DEVCRED_ENDPOINT='{}'", emulator.url),
        format!("export DEVCRED_INSTANCE_ID='{INSTANCE}'"),
        "export ALIBABA_CLOUD_ACCESS_KEY_ID='".into(),
        "export ALIBABA_CLOUD_ACCESS_KEY_SECRET='".into(),
    ];
    assert!(exports.iter().zip(begin).all(|(line, begin)| line.starts_with(&begin)), "{exports:?}");

    let ended = emulator.get_after(&exports, "--output json");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    let line = emulator.stderr.next();
    let columns: Vec<&str> = line.split("  ").collect();
    let [time, operation, client_id, code, ms, request_id] = columns[..] else {
        panic!("{line}");
    };
    assert!(humantime::parse_rfc3339(time).is_ok(), "{line}");
    assert_eq!(
        (operation, client_id, code, request_id),
        ("GetDeviceCredential", DEVICE, "OK", answer["RequestId"].as_str().unwrap())
    );
    assert!(ms.strip_suffix(" ms").unwrap().parse::<u32>().is_ok(), "{line}");

    let secret = exports[3].split('\'').nth(1).unwrap();
    assert!(secret.len() >= 16 && !line.contains(secret), "{line}");
    let (status, stdout, stderr) = emulator.end_by("INT");
    assert_eq!((status, stdout), (Some(130), vec![]));
    assert_eq!(stderr, Vec::<String>::new());
}

#[test]
fn the_users_key_is_used_and_not_printed() {
    let token = ("ALIBABA_CLOUD_SECURITY_TOKEN", "t0k3n-of-the-test");
    let emulator = Emulator::start(&[], &[&OWN_KEY[..], &[token]].concat());
    assert_eq!(emulator.stderr.next(), format!("export DEVCRED_ENDPOINT='{}'", emulator.url));

    assert_eq!(emulator.get(DEVICE, &[]).status, Some(3), "without the token");
    let line = emulator.stderr.next();
    assert!(line.contains("  MissingSecurityToken  "), "{line}");
    let mut command = devcred(["get", DEVICE, "--instance-id", INSTANCE, "--endpoint", &emulator.url]);
    assert_eq!(run(command.envs(OWN_KEY).env(token.0, token.1)).status, Some(0));
    let line = emulator.stderr.next();
    assert!(line.contains("  OK  "), "{line}");

    let (_, _, rest) = emulator.end_by("INT");
    assert_eq!(rest, Vec::<String>::new());
}

#[test]
fn a_token_without_its_key_is_unset() {
    let token = ("ALIBABA_CLOUD_SECURITY_TOKEN", "t0k3n-of-the-test");
    let emulator = Emulator::start(&[], &[token]);
    let mut exports: Vec<String> = (0..4).map(|_| emulator.stderr.next()).collect();
    assert_eq!(exports[3], "unset ALIBABA_CLOUD_SECURITY_TOKEN");
    exports.insert(0, format!("export {}={}", token.0, token.1));
    let ended = emulator.get_after(&exports, "--instance-id post-cn-any");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
}

#[test]
fn only_the_listed_instances_and_devices_are_known() {
    let options = ["--instance", "post-cn-other", "--instance", INSTANCE, "--device", DEVICE];
    let emulator = Emulator::start(&options, &OWN_KEY);
    assert_eq!(emulator.get(DEVICE, &[]).status, Some(0));
    assert_eq!(emulator.get(DEVICE, &["--instance-id", "post-cn-other"]).status, Some(0));
    assert_eq!(emulator.get("GID_test@@@device-2", &[]).status, Some(4));
    assert_eq!(emulator.get(DEVICE, &["--instance-id", "post-cn-none"]).status, Some(3));
}

#[test]
fn a_registration_is_refused_if_a_flag_says_so() {
    let options = ["--device", DEVICE, "--register-existing", "refuse", "--max-credentials", "1"];
    let emulator = Emulator::start(&options, &OWN_KEY);
    let register = |client_id: &str| {
        let mut command = devcred(["register", client_id, "--instance-id", INSTANCE, "--endpoint", &emulator.url]);
        run(command.envs(OWN_KEY)).status
    };
    assert_eq!(register(DEVICE), Some(7));
    assert_eq!(register("GID_test@@@device-2"), Some(3));
    let rotating = Emulator::start(&["--device", DEVICE, "--register-existing", "rotate"], &OWN_KEY);
    let mut command = devcred(["register", DEVICE, "--instance-id", INSTANCE, "--endpoint", &rotating.url]);
    assert_eq!(run(command.envs(OWN_KEY)).status, Some(0));
}

#[test]
fn a_refused_signature_says_where_to_look() {
    let emulator = Emulator::start(&[], &OWN_KEY);
    emulator.stderr.next();
    let mut command = devcred(["get", DEVICE, "--instance-id", INSTANCE, "--endpoint", &emulator.url]);
    let ended = run(command.envs(OWN_KEY).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "another"));
    assert_eq!(ended.status, Some(3));
    let line = emulator.stderr.next();
    assert!(line.contains("  SignatureDoesNotMatch  ") && line.ends_with("GET /_devcred/calls"), "{line}");
}

#[test]
fn sigterm_ends_it_with_0() {
    let emulator = Emulator::start(&[], &OWN_KEY);
    let (status, stdout, _) = emulator.end_by("TERM");
    assert_eq!((status, stdout), (Some(0), vec![]));
}

#[test]
fn a_log_that_no_one_reads_does_not_stop_it() {
    let mut child = command(&[]).envs(OWN_KEY).spawn().unwrap();
    let stdout = Lines::of(child.stdout.take().unwrap());
    let running = Running::new(child);
    let url = stdout.next();
    let address = url.strip_prefix("http://").unwrap();
    // The capacity of a pipe is 64 KiB, so these lines fill it several times.
    let client_id = "x".repeat(8 * 1024);
    for _ in 0..40 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let target = format!("/?Action=GetDeviceCredential&ClientId={client_id}");
        write!(stream, "POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(running.end_by("INT").status, Some(130));
}

#[test]
fn an_address_that_cannot_be_bound_is_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (address, expected) in [
        ("0.0.0.0:0", "listens on loopback only"),
        ("[::]:0", "listens on loopback only"),
        ("192.0.2.1:8083", "listens on loopback only"),
        (&taken, "port 0 selects a free one"),
    ] {
        let ended = run(&mut devcred(["emulator", "--listen", address]));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{address}");
        assert!(ended.stderr.contains(expected), "{address}: {}", ended.stderr);
    }
}

#[test]
fn half_a_key_is_2() {
    for (set, expected) in
        [(OWN_KEY[0], "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"), (OWN_KEY[1], "ALIBABA_CLOUD_ACCESS_KEY_ID is not")]
    {
        let ended = run(command(&[]).envs([set]));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(expected) && !ended.stderr.contains(set.1), "{}", ended.stderr);
    }
}
