//! Replacements of the service: an emulator in the test's process, and listeners that misbehave.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::ops::Deref;
use std::process::Command;

use devcred_emulator::{Builder, Emulator};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use crate::command::{LIMIT, devcred};

pub(crate) const KEY_ID: &str = "LTAI-of-the-test";
/// No output may contain it.
pub(crate) const KEY_SECRET: &str = "s3cr3t-of-the-test";
pub(crate) const INSTANCE: &str = "post-cn-test";

/// An emulator that knows the key above, on a separate runtime.
pub(crate) struct Service {
    emulator: Emulator,
    runtime: Runtime,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = RuntimeBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let builder = configure(Emulator::builder().access_key(KEY_ID, KEY_SECRET));
        let emulator = runtime.block_on(builder.start()).unwrap();
        Self { emulator, runtime }
    }

    /// Returns `devcred get` of this device, configured for this emulator.
    pub(crate) fn get<'a>(&self, client_id: &'a str, options: &[&'a str]) -> Command {
        let mut command = get(client_id, options);
        command.env("DEVCRED_ENDPOINT", self.endpoint());
        command
    }

    /// Returns `devcred register` of this device, configured for this emulator.
    pub(crate) fn register<'a>(&self, client_id: &'a str, options: &[&'a str]) -> Command {
        let mut command = call("register", client_id, options);
        command.env("DEVCRED_ENDPOINT", self.endpoint());
        command
    }

    pub(crate) fn wait_for_a_call(&self) {
        let arrived = self.wait_for(LIMIT, |journal| journal.calls().len() == 1);
        self.runtime.block_on(arrived).unwrap();
    }

    /// Returns the code of each call, or `OK`.
    pub(crate) fn codes(&self) -> Vec<String> {
        let code = |code: Option<String>| code.unwrap_or_else(|| "OK".into());
        self.calls().into_iter().map(|call| code(call.code)).collect()
    }
}

impl Deref for Service {
    type Target = Emulator;

    fn deref(&self) -> &Emulator {
        &self.emulator
    }
}

/// Returns `devcred get` with AccessKey and instance in the environment, without an endpoint.
pub(crate) fn get<'a>(client_id: &'a str, options: &[&'a str]) -> Command {
    call("get", client_id, options)
}

fn call<'a>(subcommand: &'a str, client_id: &'a str, options: &[&'a str]) -> Command {
    let mut command = devcred([subcommand, client_id].into_iter().chain(options.iter().copied()));
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
        .env("DEVCRED_INSTANCE_ID", INSTANCE);
    command
}

/// A port that accepts connections and never responds; it knows whether a client connected.
pub(crate) struct Silent(TcpListener);

impl Silent {
    pub(crate) fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Sets every proxy variable of the command to this port.
    pub(crate) fn be_every_proxy(&self, command: &mut Command) {
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, self.url());
        }
    }

    pub(crate) fn was_visited(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        match self.0.accept() {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Returns the URL of a port on which nothing listens.
pub(crate) fn dead_url() -> String {
    Silent::listen().url()
}
