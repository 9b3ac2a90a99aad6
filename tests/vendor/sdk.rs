//! A call by one of the vendor's SDKs, in a program of its language. Starting one takes longer than a call, so that one program
//! serves all the tests of a run.

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

/// Where `cargo xtask test` says which program makes the calls.
const PROGRAM_VARIABLE: &str = "DEVCRED_VENDOR_PROGRAM";

/// Far longer than a call takes, also on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(120);

/// One of the vendor's SDKs.
pub(crate) struct Sdk {
    /// Its package.
    pub(crate) name: &'static str,
    /// How it is told to sign.
    pub(crate) signature: SignatureMethod,
    /// Whether its signature covers a parameter without a value, as the documents have it.
    pub(crate) signs_empty_values: bool,
    /// Whether a `User-Agent` is its own.
    pub(crate) is_its_agent: fn(&str) -> bool,
}

/// What to ask for.
#[derive(Serialize)]
pub(crate) struct Ask {
    pub(crate) sdk: &'static str,
    /// `host:port`, as the SDKs have it.
    pub(crate) endpoint: String,
    pub(crate) access_key_id: &'static str,
    pub(crate) access_key_secret: &'static str,
    pub(crate) security_token: Option<&'static str>,
    /// `None` leaves it unset, which means ACS3 to an SDK that knows it.
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
    /// `None` where the SDK's error does not tell it.
    pub(crate) status: Option<u16>,
    pub(crate) message: String,
    pub(crate) request_id: String,
}

/// Makes the call.
pub(crate) async fn call(ask: &Ask) -> Outcome {
    let line = serde_json::to_string(ask).unwrap();
    // The emulator answers in this thread meanwhile.
    let answer = spawn_blocking(move || answer(&line)).await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// The program that made the last call, if it gave an answer: another one is not asked again.
static PROGRAM: Mutex<Option<Program>> = Mutex::new(None);

fn answer(ask: &str) -> String {
    let mut place = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    let mut program = place.take().unwrap_or_else(Program::start);
    let answer = program.answer(ask);
    *place = Some(program);
    answer
}

/// A program that reads asks from stdin, one a line, and writes what came of each. It ends with this process, which closes its
/// stdin.
struct Program {
    asks: ChildStdin,
    answers: Receiver<String>,
}

impl Program {
    /// Nothing of this process's environment is passed on: a proxy or a key in it would be used.
    fn start() -> Self {
        let program = env::var_os(PROGRAM_VARIABLE).unwrap_or_else(|| {
            panic!("{PROGRAM_VARIABLE} is not set: run `cargo xtask test`, which installs the SDKs and sets it")
        });
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let asks = process.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let (sender, answers) = channel();
        thread::spawn(move || {
            let _ = stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
            process.wait()
        });
        Self { asks, answers }
    }

    fn answer(&mut self, ask: &str) -> String {
        writeln!(self.asks, "{ask}").expect("the program reads");
        self.answers.recv_timeout(LIMIT).expect("the program answers; it says on stderr why it does not")
    }
}
