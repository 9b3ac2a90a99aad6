//! The examples against the emulator.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};

use devcred_emulator::Emulator;

fn run(emulator: &Emulator, client_id: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devcred-example"));
    set_variables(command.arg(client_id), emulator).output().unwrap()
}

/// The process has no variables, unless an emulator is passed.
fn run_store(emulator: Option<&Emulator>, file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devcred-example-store"));
    command.arg("GID_test@@@known").arg(file).env_clear();
    if let Some(emulator) = emulator {
        set_variables(&mut command, emulator);
    }
    command.output().unwrap()
}

fn set_variables<'a>(command: &'a mut Command, emulator: &Emulator) -> &'a mut Command {
    command.env_clear().envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
        ("DEVCRED_ENDPOINT", emulator.endpoint()),
        ("DEVCRED_INSTANCE_ID", "post-cn-example"),
    ])
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_prints_the_user_name_or_what_to_do() {
    let emulator = Emulator::builder().device("GID_test@@@known").start().await.unwrap();
    let known = run(&emulator, "GID_test@@@known");
    let username = text(&known.stdout);
    assert!(username.starts_with("DeviceCredential|") && username.ends_with("|post-cn-example\n"), "{known:?}");
    assert!(known.status.success() && known.stderr.is_empty());

    let unknown = run(&emulator, "GID_test@@@unknown");
    assert_eq!((text(&unknown.stderr), unknown.stdout.len()), ("register the device first\n", 0));
    assert_eq!(unknown.status.code(), Some(1));

    let invalid = run(&emulator, "");
    assert!(!invalid.status.success());
    assert_eq!(text(&invalid.stderr), "Error: InvalidParameter: client_id is empty\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_credential_logs_in_offline_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("device-1.json");

    let without_a_key = run_store(None, &file);
    assert!(text(&without_a_key.stderr).contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{without_a_key:?}");
    assert!(!without_a_key.status.success() && !file.exists());

    let emulator = Emulator::builder().device("GID_test@@@known").start().await.unwrap();
    let fetched = run_store(Some(&emulator), &file);
    assert!(fetched.status.success() && fetched.stderr.is_empty(), "{fetched:?}");
    assert_eq!(emulator.calls().len(), 1);
    emulator.shutdown().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    let restored = run_store(None, &file);
    assert!(restored.status.success() && restored.stderr.is_empty(), "{restored:?}");
    assert_eq!(text(&restored.stdout), text(&fetched.stdout));
    assert!(text(&restored.stdout).starts_with("DeviceCredential|"), "{restored:?}");

    let masked = std::fs::read_to_string(&file).unwrap();
    let (before, _) = masked.split_once("\"device_access_key_secret\":\"").unwrap();
    let (_, after) = masked.split_once("\",\"create_time_ms\"").unwrap();
    let masked = format!("{before}\"device_access_key_secret\":\"<hidden: use reveal()>\",\"create_time_ms\"{after}");
    std::fs::write(&file, masked).unwrap();
    let refused = run_store(None, &file);
    assert!(!refused.status.success() && text(&refused.stderr).contains("hides a secret"), "{refused:?}");
}
