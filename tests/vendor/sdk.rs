//! One call by the vendor's SDK, in a Python of its own.

use std::env;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Where `cargo xtask test` says which Python has the SDK.
const PYTHON_VARIABLE: &str = "DEVCRED_VENDOR_PYTHON";

/// Far longer than a call takes, also on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);

/// What to ask for. It goes in through stdin: other users of a machine can read arguments.
#[derive(Serialize)]
pub(crate) struct Ask {
    /// `host:port`, as the SDK has it.
    pub(crate) endpoint: String,
    pub(crate) access_key_id: &'static str,
    pub(crate) access_key_secret: &'static str,
    pub(crate) security_token: Option<&'static str>,
    /// `None` leaves it unset, which means ACS3.
    pub(crate) signature_algorithm: Option<&'static str>,
    pub(crate) client_id: &'static str,
    pub(crate) instance_id: &'static str,
}

/// What came of it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Got { request_id: String, credential: Credential },
    Refused(Refused),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Credential {
    pub(crate) client_id: String,
    pub(crate) instance_id: String,
    pub(crate) device_access_key_id: String,
    pub(crate) device_access_key_secret: String,
    pub(crate) create_time: u64,
    pub(crate) update_time: u64,
}

#[derive(Deserialize)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) request_id: String,
}

/// Makes the call. Nothing of this process's environment is passed on: a proxy or a key in it would be used.
pub(crate) async fn call(ask: &Ask) -> Outcome {
    let python = env::var_os(PYTHON_VARIABLE).unwrap_or_else(|| {
        panic!("{PYTHON_VARIABLE} is not set: run `cargo xtask test --lang rust`, which installs the SDK")
    });
    let mut command = Command::new(python);
    command.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("typed.py"));
    command.env_clear();
    if let Some(root) = env::var_os("SYSTEMROOT") {
        // Without it, Windows opens no socket.
        command.env("SYSTEMROOT", root);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().expect("Python starts");

    let mut input = process.stdin.take().expect("stdin is piped");
    input.write_all(&serde_json::to_vec(ask).unwrap()).await.unwrap();
    drop(input);
    let output = timeout(LIMIT, process.wait_with_output()).await.expect("Python ends in time").unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}
