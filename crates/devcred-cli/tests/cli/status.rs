//! The exit statuses, each with its output: nothing on stdout, no secret on stderr. `interrupt.rs`
//! tests 130, `deadline.rs` the timeouts.

use std::process::Command;

use crate::command::{Ended, devcred, run, tool};
use crate::service::{INSTANCE, KEY_ID, KEY_SECRET, Service, Silent, dead_url, get};

/// Runs a command that fails. The test checks the status.
fn fails(command: &mut Command) -> Ended {
    let ended = run(command);
    assert_eq!(ended.stdout, "");
    assert!(!ended.stderr.contains(KEY_SECRET), "{}", ended.stderr);
    ended
}

#[test]
fn a_missing_or_invalid_setting_is_2_with_nothing_sent() {
    let network = Silent::listen();
    let path = format!("{}/path", network.url());
    let key = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
    for (without, options, expected) in [
        (&key[..], &["--region", "cn-hangzhou"][..], "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (&key[1..], &["--region", "cn-hangzhou"], "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        (&["DEVCRED_INSTANCE_ID"], &["--region", "cn-hangzhou"], "DEVCRED_INSTANCE_ID"),
        (&[], &[], "ALIBABA_CLOUD_REGION_ID"),
        (&[], &["--region", "CN Hangzhou"], "as in cn-hangzhou"),
        (&[], &["--region", ""], "as in cn-hangzhou"),
        (&[], &["--endpoint", "http://onsmqtt.example.com"], "https://host"),
        (&[], &["--endpoint", &path], "https://host"),
        (&[], &["--endpoint", "onsmqtt.example.com"], "https://host"),
        (&[], &["--region", "cn-hangzhou", "--instance-id", "GID_a@@@b"], "swapped"),
        (&[], &["--region", "cn-hangzhou", "--timeout", "0"], "timeout"),
        (&[], &["--region", "cn-hangzhou", "--max-attempts", "0"], "max_attempts"),
    ] {
        let mut command = get("GID_a@@@b", options);
        network.be_every_proxy(&mut command);
        for name in without {
            command.env_remove(name);
        }
        let ended = fails(&mut command);
        assert_eq!(ended.status, Some(2), "{options:?}: {}", ended.stderr);
        assert!(ended.stderr.starts_with("InvalidParameter: "), "{}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{options:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("devcred get --help"), "{}", ended.stderr);
    }
    assert!(!network.was_visited());
}

#[test]
fn without_an_access_key_the_emulator_is_offered() {
    let hint = "\nTry it without an account: devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo --emulator\n";
    for missing in ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"] {
        let mut command = get("GID_a@@@b", &["--region", "cn-hangzhou"]);
        let ended = fails(command.env_remove(missing));
        assert_eq!(ended.status, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(missing) && ended.stderr.ends_with(hint), "{}", ended.stderr);
    }
    let ended = fails(&mut devcred(["get", "GID_a@@@b"]));
    assert!(
        ended.stderr.starts_with(
            "InvalidParameter: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_REGION_ID (or \
             DEVCRED_ENDPOINT) and DEVCRED_INSTANCE_ID are not set; "
        ),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
    for mut command in [get("GID_a@@@b", &["--region", "?"]), devcred(["get", "GID_a@@@b", "--emulator"])] {
        let ended = fails(&mut command);
        assert_eq!(ended.status, Some(2), "{}", ended.stderr);
        assert!(!ended.stderr.contains("Try it"), "{}", ended.stderr);
    }
}

#[test]
fn an_invalid_command_line_is_2() {
    for (arguments, expected) in [
        (&["get"][..], "<CLIENT_ID>"),
        (&["get", "x", "--region", "a", "--endpoint", "https://b"], "cannot be used with"),
        (&["get", "x", "--emulator", "--region", "a"], "cannot be used with"),
        (&["get", "x", "--emulator", "--endpoint", "https://b"], "cannot be used with"),
        (&["get", "x", "--timeout", "2s"], "such as 2 or 0.5"),
        (&["get", "x", "--signature", "md5"], "hmac-sha1"),
        (&["get", "x", "--output", "xml"], "mqtt"),
        (&["get", "x", "--access-key-secret", "y"], "--access-key-secret"),
        (&["emulator", "--listen", "localhost"], "127.0.0.1:8083"),
        (&["fetch"], "fetch"),
    ] {
        let ended = fails(&mut devcred(arguments.iter().copied()));
        assert_eq!(ended.status, Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(expected), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_refused_key_is_3_at_the_first_attempt() {
    let service = Service::start();
    let ended = fails(service.get("GID_a@@@b", &[]).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "another"));
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("the AccessKey secret is wrong"), "{}", ended.stderr);
    assert_eq!(service.codes(), ["SignatureDoesNotMatch"]);
}

#[test]
fn a_refused_permission_is_3_at_the_first_attempt() {
    let service = Service::start();
    let ended = fails(&mut service.get("GID_x@@@fault-NoPermission", &[]));
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert_eq!(service.codes(), ["NoPermission"]);
}

#[test]
fn a_device_without_a_credential_is_4() {
    let service = Service::with(|builder| builder.device("GID_a@@@b"));
    assert_eq!(run(&mut service.get("GID_a@@@b", &[])).status, Some(0));
    let ended = fails(&mut service.get("GID_a@@@c", &[]));
    assert_eq!(ended.status, Some(4), "{}", ended.stderr);
}

#[test]
fn throttling_is_5_after_every_attempt() {
    for (options, requests) in [(&[][..], 3), (&["--max-attempts", "1"], 1)] {
        let service = Service::start();
        let ended = fails(&mut service.get("GID_x@@@fault-Throttling.User", options));
        assert_eq!(ended.status, Some(5), "{}", ended.stderr);
        assert_eq!(service.codes(), vec!["Throttling.User"; requests]);
    }
}

#[test]
fn no_service_is_6() {
    let ended = fails(&mut get("GID_a@@@b", &["--endpoint", &dead_url()]));
    assert_eq!(ended.status, Some(6));
    assert!(ended.stderr.contains("Is the emulator running at 127.0.0.1:"), "{}", ended.stderr);
}

#[test]
fn a_service_that_fails_is_6() {
    let service = Service::start();
    for code in ["ServiceUnavailable", "ApiNotSupport", "SomethingNew"] {
        let client_id = format!("GID_x@@@fault-{code}");
        let ended = fails(&mut service.get(&client_id, &[]));
        assert_eq!(ended.status, Some(6), "{code}: {}", ended.stderr);
    }
}

#[test]
fn a_result_that_cannot_be_written_is_70_and_no_panic() {
    let (reader, closed_pipe) = std::io::pipe().unwrap();
    drop(reader);
    let mut to_nobody = devcred(["get", "GID_a@@@b", "--instance-id", INSTANCE, "--emulator"]);
    let ended = fails(to_nobody.stdout(closed_pipe));
    assert_eq!(ended.status, Some(70), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("Internal: cannot write the result to stdout"), "{}", ended.stderr);

    let (reader, closed_pipe) = std::io::pipe().unwrap();
    drop(reader);
    let status = devcred(["--help"]).stdout(closed_pipe).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

/// Six and seven are too few for the signals of tokio, which panics then.
#[cfg(target_os = "linux")]
#[test]
fn too_few_file_descriptors_are_70_and_no_panic() {
    for limit in ["4", "5", "6", "7"] {
        let mut command = tool("sh");
        command.args(["-c", r#"ulimit -n "$1" && shift && exec "$@""#, "sh", limit, env!("CARGO_BIN_EXE_devcred")]);
        command.args(["get", "GID_a@@@b", "--instance-id", INSTANCE, "--endpoint", &dead_url()]);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET);
        let ended = fails(&mut command);
        assert_eq!(ended.status, Some(70), "{limit}: {}", ended.stderr);
        assert!(
            ended.stderr.starts_with("Internal: ") && ended.stderr.lines().count() == 1,
            "{limit}: {}",
            ended.stderr
        );
    }
}

/// Rust opens /dev/null for a stdout that is closed, in the same way as Python and Node.js do for a
/// child whose output no one wants: the command cannot distinguish the two, and the second is no
/// failure.
#[cfg(unix)]
#[test]
fn a_discarded_result_is_0_even_if_stdout_is_closed() {
    let service = Service::start();
    for redirection in ["/dev/null", "&-"] {
        let script = format!(r#""$DEVCRED" get 'GID_a@@@b' >{redirection}"#);
        let get = service.get("GID_a@@@b", &[]);
        let variables = get.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let mut shell = tool("sh");
        shell.args(["-c", &script]).env("DEVCRED", get.get_program()).envs(variables.collect::<Vec<_>>());
        let ended = run(&mut shell);
        assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""), "{redirection}");
    }
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    assert_eq!(run(service.get("GID_a@@@b", &[]).stdout(null)).status, Some(0));
    assert_eq!(service.calls().len(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_70() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = devcred(["get", "GID_a@@@b", "--instance-id", INSTANCE, "--emulator"]);
    let ended = fails(command.stdout(full));
    assert_eq!(ended.status, Some(70), "{}", ended.stderr);
}
