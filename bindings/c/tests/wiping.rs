//! The library wipes secrets from a C program's memory when their handles are freed: SECURITY.md,
//! "What is wiped from memory". The read buffers of the HTTP library may keep copies of a device's
//! secret; wiping those is not promised.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod common;
#[path = "../../../crates/devcred/tests/common/memory.rs"]
mod memory;

use std::process::Command;

use common::{INSTANCE, Mode, Program, Service, prefix};
use devcred_emulator::Emulator;
use memory::{Holder, masked, tail, unmasked};

const DEVICE: &str = "GID_w@@@device";
const SECRET: &str = "account-secret-0123456789-abcdefghijklmnopqrstuvwxyz-QWERTZUIOPASDFGH";

#[test]
fn secrets_are_wiped_when_their_handles_are_freed() {
    let service = Service::start(Emulator::builder().access_key("LTAI-wiping", SECRET));
    let emulator = &service.emulator;
    for mode in [Mode::Plain, Mode::StaticLibrary] {
        let program = Program::compile("wiping", mode, &prefix());
        let mut command = Command::new(program.path());
        let mut holder = Holder::start(command.env_clear().args([emulator.endpoint(), "LTAI-wiping", DEVICE]));
        holder.send(&masked(SECRET));
        let password = unmasked(&holder.await_text("ready: "));
        let device = emulator.device_access_key_secret(INSTANCE, DEVICE).unwrap();
        let needles = [SECRET, &password, &device].map(tail);
        let before = holder.counts(needles);
        assert!(
            before.iter().all(|count| *count > 0),
            "{mode:?}: account secret, MQTT password, device secret: {before:?}"
        );
        holder.send("");
        holder.await_text("freed");
        let after = holder.counts(needles);
        assert_eq!(after[..2], [0; 2], "{mode:?}: account secret, MQTT password");
        assert!(after[2] < before[2], "{mode:?}: device secret: {before:?}, then {after:?}");
        holder.send("");
        holder.end();
        println!("{mode:?}: account secret, MQTT password, device secret: {before:?}, then {after:?}");
    }
}
