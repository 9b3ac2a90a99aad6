//! A client that reads its options from the environment. A process cannot change its environment
//! safely, so the test starts itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::env;
use std::process::Command;

use common::{INSTANCE_ID, call, credential, open, service};
use devcred_bridge::Options;

/// Set in the process that the test starts.
const INSIDE: &str = "DEVCRED_TEST_INSIDE";

#[test]
fn options_that_are_not_set_come_from_the_environment() {
    if env::var_os(INSIDE).is_some() {
        let options = Options { from_env: true, instance_id: Some(INSTANCE_ID.to_owned()), ..Options::default() };
        let credential = credential(call(&open(options, None), "GID_test@@@test"));
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
