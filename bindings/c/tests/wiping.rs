//! A C program's secrets are in memory while they are held, and gone when they were freed: SECURITY.md, "What is wiped from
//! memory". Of a device's secret the HTTP library's read buffers keep copies, which are not promised to go.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod common;
#[path = "../../../crates/devcred/tests/common/memory.rs"]
mod memory;

use std::process::Command;

use common::{How, INSTANCE, Program, Service, prefix};
use devcred_emulator::Emulator;
use memory::{Holder, masked, tail, unmasked};

const DEVICE: &str = "GID_w@@@device";
const SECRET: &str = "account-secret-0123456789-abcdefghijklmnopqrstuvwxyz-QWERTZUIOPASDFGH";

#[test]
fn a_secret_is_found_while_it_is_held_and_not_when_it_was_freed() {
    let service = Service::start(Emulator::builder().access_key("LTAI-wiping", SECRET));
    let emulator = &service.emulator;
    for how in [How::Plainly, How::LinkedStatically] {
        let program = Program::compile("wiping", how, &prefix());
        let mut command = Command::new(program.path());
        let mut holder = Holder::start(command.env_clear().args([emulator.endpoint(), "LTAI-wiping", DEVICE]));
        holder.tell(&masked(SECRET));
        let password = unmasked(&holder.await_text("held: "));
        let device = emulator.device_access_key_secret(INSTANCE, DEVICE).unwrap();
        let needles = [SECRET, &password, &device].map(tail);
        let held = holder.counts(needles);
        assert!(held.iter().all(|count| *count > 0), "{how:?}: account secret, MQTT password, device secret: {held:?}");
        holder.tell("");
        holder.await_text("freed");
        let freed = holder.counts(needles);
        assert_eq!(freed[..2], [0; 2], "{how:?}: account secret, MQTT password");
        assert!(freed[2] < held[2], "{how:?}: the credential's own device secret: {held:?}, then {freed:?}");
        holder.tell("");
        holder.end();
        println!("{how:?}: account secret, MQTT password, device secret: {held:?}, then {freed:?}");
    }
}
