//! What the tests share: an emulator on a runtime of its own, and a client for it.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests, each used by some of them")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use devcred_bridge::{Call, Client, Credential, ErrorInfo, Options, Outcome, Request, Secret};
use devcred_emulator::{Builder, Emulator, Journal};
use tokio::runtime::Runtime;

pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl****";

/// How long a test waits for what must happen; a machine under load may need some of it.
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
        let mut options = Options::new("python");
        options.access_key_id = Some(self.emulator.access_key_id().to_owned());
        options.access_key_secret = Some(Secret::new(self.emulator.access_key_secret()));
        options.endpoint = Some(self.emulator.endpoint().to_owned());
        options.instance_id = Some(INSTANCE_ID.to_owned());
        // A call that hangs does not end by itself.
        options.timeout = Some(Duration::from_secs(3600));
        options.attempt_timeout = options.timeout;
        options
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(self.options()).unwrap()
    }

    pub(crate) fn wait_for(&self, condition: impl FnMut(&Journal) -> bool) {
        self.runtime.block_on(self.emulator.wait_for(LIMIT, condition)).unwrap();
    }
}

pub(crate) fn service() -> Service {
    Service::start(Emulator::builder())
}

pub(crate) fn request(client_id: &str) -> Request {
    Request { client_id: client_id.to_owned(), instance_id: None, timeout: None }
}

/// A request that the emulator never answers.
pub(crate) fn hanging() -> Request {
    request("GID_test@@@fault-hang")
}

/// Starts a call whose outcomes come through the channel: if there were two, both would.
pub(crate) fn start(client: &Client, request: Request) -> (Call, Receiver<Outcome>) {
    let (told, outcomes) = channel();
    let call = client.start(request, move |outcome| told.send(outcome).unwrap());
    (call, outcomes)
}

/// The only outcome: the channel is closed behind it.
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
        Outcome::Ok(credential) => *credential,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn error(outcome: Outcome) -> ErrorInfo {
    match outcome {
        Outcome::Error(error) => *error,
        other => panic!("{other:?}"),
    }
}
