//! What the tests share: an emulator with its own runtime, and a client for it.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests, each used by some of them")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use devcred_bridge::{CallHandle, Client, Credential, ErrorInfo, Log, Operation, Options, Outcome, Request, Secret};
use devcred_emulator::{Builder, Emulator, Journal};
use tokio::runtime::Runtime;

pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl****";

/// The longest time that a test waits; a machine under load may need some of it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Service {
    runtime: Runtime,
    pub(crate) emulator: Emulator,
}

impl Service {
    pub(crate) fn start(builder: Builder) -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = runtime.block_on(builder.start()).unwrap();
        Self { runtime, emulator }
    }

    pub(crate) fn options(&self) -> Options {
        // A call that hangs does not end by itself.
        let hour = Some(3_600_000_i64.into());
        Options {
            access_key_id: Some(self.emulator.access_key_id().to_owned()),
            access_key_secret: Some(Secret::new(self.emulator.access_key_secret())),
            endpoint: Some(self.emulator.endpoint().to_owned()),
            instance_id: Some(INSTANCE_ID.to_owned()),
            timeout_ms: hour,
            attempt_timeout_ms: hour,
            ..Options::default()
        }
    }

    pub(crate) fn client(&self) -> Client {
        open(self.options(), None)
    }

    pub(crate) fn client_with_log(&self, log: Log) -> Client {
        open(self.options(), Some(log))
    }

    pub(crate) fn wait_for(&self, condition: impl FnMut(&Journal) -> bool) {
        self.runtime.block_on(self.emulator.wait_for(LIMIT, condition)).unwrap();
    }
}

pub(crate) fn open(options: Options, log: Option<Log>) -> Client {
    Client::open("python", options, log).unwrap()
}

pub(crate) fn service() -> Service {
    Service::start(Emulator::builder())
}

pub(crate) fn request(client_id: &str) -> Request {
    Request::new(Operation::GetDeviceCredential, client_id)
}

/// A request that the emulator never answers.
pub(crate) fn hanging() -> Request {
    request("GID_test@@@fault-hang")
}

/// Starts a call and returns the channel that receives every outcome of it.
pub(crate) fn start(client: &Client, request: Request) -> (CallHandle, Receiver<Outcome>) {
    let (sender, outcomes) = channel();
    let call = client.start(request, move |outcome| sender.send(outcome).unwrap());
    (call, outcomes)
}

/// Returns the only outcome: the channel is closed after it.
pub(crate) fn only(outcomes: &Receiver<Outcome>) -> Outcome {
    let outcome = outcomes.recv_timeout(LIMIT).unwrap();
    assert!(outcomes.recv_timeout(LIMIT).is_err());
    outcome
}

pub(crate) fn call(client: &Client, client_id: &str) -> Outcome {
    client.call(request(client_id))
}

pub(crate) fn credential(outcome: Outcome) -> Credential {
    match outcome {
        Outcome::Credential(credential) => *credential,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn error(outcome: Outcome) -> ErrorInfo {
    match outcome {
        Outcome::Error(error) => *error,
        other => panic!("{other:?}"),
    }
}
