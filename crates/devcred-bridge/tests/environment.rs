//! A client that takes its options from the environment. A process's own cannot be changed safely,
//! so the test starts itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::env;
use std::process::Command;

use common::{INSTANCE_ID, call, credential, service};
use devcred_bridge::{Client, Options};

/// Set in the process that the test starts.
const INSIDE: &str = "DEVCRED_TEST_INSIDE";

#[test]
fn what_no_option_gives_comes_from_the_environment() {
    if env::var_os(INSIDE).is_some() {
        let mut options = Options::new("c");
        options.from_env = true;
        options.instance_id = Some(INSTANCE_ID.to_owned());
        let credential = credential(call(&Client::open(options).unwrap(), "GID_test@@@test"));
        assert_eq!(credential.instance_id, INSTANCE_ID);
        return;
    }
    let service = service();
    let inside = Command::new(env::current_exe().unwrap())
        .env(INSIDE, "1")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", service.emulator.access_key_id())
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.emulator.access_key_secret())
        .env("DEVCRED_ENDPOINT", service.emulator.endpoint())
        .env("DEVCRED_INSTANCE_ID", "post-cn-of-the-environment")
        .env_remove("ALIBABA_CLOUD_SECURITY_TOKEN")
        .output()
        .unwrap();
    assert!(inside.status.success(), "{}", String::from_utf8_lossy(&inside.stdout));
    assert_eq!(service.emulator.calls().len(), 1);
}
