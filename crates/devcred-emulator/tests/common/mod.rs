//! The client of these tests. It signs requests step by step, so that a test can omit or break each
//! step, and sends them as plain text over a new connection.

// Each test program uses only part of it.
#![allow(dead_code, unreachable_pub, unused_imports)]
// In tests, `clippy.toml` allows these only inside functions that are marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod signer;
mod wire;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use devcred_emulator::Emulator;
pub use signer::{Acs3, Rpc};
pub use wire::{Request, Response};

/// Far longer than any wait, so that no test depends on the speed of the machine.
pub const LIMIT: Duration = Duration::from_secs(30);

pub const ID: &str = "testid";
pub const SECRET: &str = "testsecret";

pub async fn emulator() -> Emulator {
    Emulator::builder().access_key(ID, SECRET).start().await.unwrap()
}

/// Creates a correct `GetDeviceCredential` for ACS3.
pub fn get(emulator: &Emulator, client_id: &str) -> Acs3 {
    Acs3::new(emulator, "GetDeviceCredential").parameter("ClientId", client_id).parameter("InstanceId", "post-cn-demo")
}

/// Creates a correct `GetDeviceCredential` for HMAC-SHA1.
pub fn get_by_rpc(emulator: &Emulator, client_id: &str) -> Rpc {
    Rpc::new(emulator, "GetDeviceCredential").parameter("ClientId", client_id).parameter("InstanceId", "post-cn-demo")
}

pub fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

pub fn encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:032x}", COUNT.fetch_add(1, Ordering::Relaxed))
}
