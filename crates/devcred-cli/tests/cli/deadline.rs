//! A call ends at its timeout, whatever does not respond. The promise is 200 ms later; a command
//! that waited for a response would take at least 2 minutes, so the tests leave the rest to slow
//! machines.

use std::time::Duration;

use crate::command::{Ended, run};
use crate::service::{Service, Silent, get};

const LATE: Duration = Duration::from_secs(20);

fn ended_at_its_deadline(ended: &Ended, timeout: Duration) {
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(6), ""), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("Timeout: timed out after "), "{}", ended.stderr);
    assert!((timeout..timeout + LATE).contains(&ended.took), "ended after {:?}", ended.took);
}

#[test]
fn a_server_that_never_responds_does_not_delay_the_deadline() {
    let silent = Silent::listen();
    let ended = run(&mut get("GID_a@@@b", &["--endpoint", &silent.url(), "--timeout", "1"]));
    ended_at_its_deadline(&ended, Duration::from_secs(1));
    assert!(silent.was_visited());

    let service = Service::start();
    let ended = run(&mut service.get("GID_x@@@fault-hang", &["--timeout", "0.5"]));
    ended_at_its_deadline(&ended, Duration::from_millis(500));

    let ended = run(&mut get("GID_x@@@fault-hang", &["--emulator", "--timeout", "0.5"]));
    ended_at_its_deadline(&ended, Duration::from_millis(500));
}

#[cfg(target_os = "linux")]
mod names {
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use serde_json::Value;

    use super::ended_at_its_deadline;
    use crate::command::{Ended, run, tool};
    use crate::service::{INSTANCE, KEY_ID, KEY_SECRET, Service, get};

    const GET: [&str; 6] = ["get", "GID_a@@@b", "--region", "cn-hangzhou", "--timeout", "2"];

    /// In separate namespaces: the machine's resolver with a silent name server, and no network but
    /// loopback. If the system does not permit them, a wrapped C library replaces the resolver, so
    /// that the promise is tested in any case.
    #[test]
    fn a_name_server_that_never_answers_ends_the_call_at_its_deadline() {
        match unshare() {
            Some(unshare) => silent_name_server(unshare),
            None => slow_resolver(),
        }
    }

    #[test]
    fn a_resolver_that_does_not_return_ends_the_call_at_its_deadline() {
        slow_resolver();
    }

    #[test]
    fn localhost_is_not_looked_up() {
        let service = Service::start();
        let files = tempfile::tempdir().unwrap();
        let wrapper = compile("slow_resolver", files.path());
        let endpoint = format!("http://localhost:{}", service.address().port());
        let ended = run(get("GID_a@@@b", &["--endpoint", &endpoint]).env("LD_PRELOAD", &wrapper));
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    }

    #[test]
    fn a_look_up_without_a_thread_is_6_and_no_panic() {
        let files = tempfile::tempdir().unwrap();
        let mut command = get("GID_a@@@b", &GET[2..]);
        let ended = run(command.env("LD_PRELOAD", compile("no_threads", files.path())));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(6), ""), "{}", ended.stderr);
        let expected = "failed: the name could not be resolved: cannot start a thread (attempt 3 of 3)";
        assert!(ended.stderr.starts_with("Transport: ") && ended.stderr.contains(expected), "{}", ended.stderr);
    }

    fn silent_name_server(mut unshare: Command) {
        let files = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(files.path().join(name), text).unwrap();
        write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n");
        write("nsswitch.conf", "hosts: dns\n");
        let script = r#"set -e
            ip link set lo up
            mount --bind "$FILES/resolv.conf" /etc/resolv.conf
            mount --bind "$FILES/nsswitch.conf" /etc/nsswitch.conf
            exec python3 "$@""#;
        let server = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/silent_name_server.py");
        let report = run(unshare
            .args(["sh", "-c", script, "sh", server, env!("CARGO_BIN_EXE_devcred")])
            .args(GET)
            .env("FILES", files.path())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("DEVCRED_INSTANCE_ID", INSTANCE));
        let report: Value = serde_json::from_str(&report.stdout).unwrap_or_else(|_| {
            panic!("the name server of the test needs unshare, ip, mount and python3: {}", report.stderr)
        });
        assert!(report["questions"].as_u64().unwrap() > 0, "no name was looked up: {report}");
        let text = |member: &str| report[member].as_str().unwrap().to_owned();
        let ended = Ended {
            status: report["status"].as_i64().map(|status| status as i32),
            stdout: text("stdout"),
            stderr: text("stderr"),
            took: Duration::from_secs_f64(report["seconds"].as_f64().unwrap()),
        };
        ended_at_its_deadline(&ended, Duration::from_secs(2));
    }

    /// A command in separate namespaces, in the way that the system permits.
    fn unshare() -> Option<Command> {
        let ways: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount", "--net"], &["--mount", "--net"]];
        let command = |way: &[&str]| {
            let mut command = tool("unshare");
            command.args(way);
            command
        };
        let is_permitted = |way: &&[&str]| {
            let tried = command(way).arg("true").output();
            tried.is_ok_and(|tried| tried.status.success())
        };
        ways.into_iter().find(is_permitted).map(command)
    }

    fn slow_resolver() {
        let files = tempfile::tempdir().unwrap();
        let wrapper = compile("slow_resolver", files.path());
        let mut command = get("GID_a@@@b", &GET[2..]);
        let ended = run(command.env("LD_PRELOAD", &wrapper));
        ended_at_its_deadline(&ended, Duration::from_secs(2));
    }

    /// A library of this name that replaces a function of the C library.
    fn compile(name: &str, folder: &Path) -> PathBuf {
        let wrapper = folder.join(format!("{name}.so"));
        let source = format!("{}/tests/cli/{name}.c", env!("CARGO_MANIFEST_DIR"));
        let compiled = run(tool("cc").args(["-shared", "-fPIC", "-o"]).arg(&wrapper).arg(source));
        assert_eq!(compiled.status, Some(0), "the wrapper needs a C compiler: {}", compiled.stderr);
        wrapper
    }
}
