//! The example against the emulator.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::{Command, Output};

use devcred_emulator::Emulator;

fn run(emulator: &Emulator, client_id: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devcred-example"));
    command.arg(client_id).env_clear().envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
        ("DEVCRED_ENDPOINT", emulator.endpoint()),
        ("DEVCRED_INSTANCE_ID", "post-cn-example"),
    ]);
    command.output().unwrap()
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
