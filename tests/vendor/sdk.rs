//! Calls with the vendor's SDKs, made by a program in their language. Starting the program takes
//! longer than a call, so one process serves all the tests of a run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers outside of #[test], where clippy.toml allows it"
)]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::panic::resume_unwind;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use devcred::SignatureMethod;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

/// The variable with the path of the program, which `cargo xtask test` sets.
const PROGRAM_VARIABLE: &str = "DEVCRED_VENDOR_PROGRAM";

/// Far longer than a call takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// One of the vendor's SDKs.
pub(crate) struct Sdk {
    /// The name of the SDK's package.
    pub(crate) name: &'static str,
    /// The signature method that the SDK is configured to use.
    pub(crate) signature: SignatureMethod,
    /// Whether the SDK signs empty parameters, as the documentation requires.
    pub(crate) signs_empty_values: bool,
    /// Returns whether a `User-Agent` is that of the SDK.
    pub(crate) matches_user_agent: fn(&str) -> bool,
}

/// A call to make, sent to the program as JSON.
#[derive(Serialize)]
pub(crate) struct CallRequest {
    pub(crate) sdk: &'static str,
    /// `host:port`, the form that the SDKs take.
    pub(crate) endpoint: String,
    pub(crate) access_key_id: &'static str,
    pub(crate) access_key_secret: &'static str,
    pub(crate) security_token: Option<&'static str>,
    /// `None` leaves it unset: an SDK that supports ACS3 uses it by default.
    pub(crate) signature_algorithm: Option<&'static str>,
    pub(crate) client_id: &'static str,
    pub(crate) instance_id: &'static str,
}

/// The outcome of a call, read from the program as JSON.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Success { request_id: String, credential: Credential },
    Failure(Failure),
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
pub(crate) struct Failure {
    pub(crate) code: String,
    /// `None` if the SDK's error does not contain the status.
    pub(crate) status: Option<u16>,
    pub(crate) message: String,
    pub(crate) request_id: String,
}

/// Makes a call in the program.
pub(crate) async fn call(request: &CallRequest) -> Outcome {
    let line = serde_json::to_string(request).unwrap();
    // On another thread, because the emulator runs on this one.
    let outcome =
        spawn_blocking(move || exchange(&line)).await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    serde_json::from_str(&outcome).unwrap_or_else(|error| panic!("{error}: {outcome}"))
}

/// The running program. After a call without an outcome it is dropped, and the next call starts a
/// new one.
static PROGRAM: Mutex<Option<Program>> = Mutex::new(None);

/// Sends a line to the program and returns its outcome.
fn exchange(line: &str) -> String {
    let mut slot = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    let mut program = slot.take().unwrap_or_else(Program::start);
    let outcome = program.exchange(line);
    *slot = Some(program);
    outcome
}

/// A program that reads calls from stdin and writes outcomes to stdout, one a line. It exits when
/// this process does, because its stdin is closed then.
struct Program {
    stdin: ChildStdin,
    outcomes: Receiver<String>,
}

impl Program {
    /// Starts the program with an empty environment: the SDKs would use a proxy or a key in it.
    fn start() -> Self {
        let program = env::var_os(PROGRAM_VARIABLE).unwrap_or_else(|| {
            panic!("{PROGRAM_VARIABLE} is not set: run `cargo xtask test`, which installs the SDKs and sets it")
        });
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let stdin = process.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let (sender, outcomes) = channel();
        thread::spawn(move || {
            let _ = stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
            process.wait()
        });
        Self { stdin, outcomes }
    }

    fn exchange(&mut self, line: &str) -> String {
        writeln!(self.stdin, "{line}").expect("the program reads its stdin");
        self.outcomes.recv_timeout(LIMIT).expect("the program writes an outcome; see its stderr")
    }
}
