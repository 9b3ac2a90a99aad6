//! `devcred emulator`: serves until it is told to stop, or until a command has ended that it is
//! given.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use devcred_emulator::{Emulator, Quotas, RegisterExisting, StartError};
use tokio::time::timeout;

use crate::args::{self, Output};
use crate::failure::Failure;
use crate::key_pair::{self, KeyPair};
use crate::{call_log, console, runtime, served, shell};

/// Where it listens unless it is told: the port is the one that its documents name.
const DEFAULT_PORT: u16 = 8083;
const FREE_PORT: u16 = 0;

/// How long the last lines of the log may take where nobody may be reading them.
const LOG_LIMIT: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: &args::Emulator) -> ExitCode {
    let ended = match arguments.command.as_slice() {
        [] => runtime::run(serve(arguments)),
        command => runtime::run_to_its_end(serve_command(arguments, command)),
    };
    ended.unwrap_or_else(|failure| failure.report(Output::Text))
}

async fn serve(arguments: &args::Emulator) -> Result<ExitCode, Failure> {
    let terminated = runtime::terminated();
    let own_key = KeyPair::from_environment()?;
    let emulator = start(arguments, DEFAULT_PORT, own_key.as_ref()).await?;
    let calls = emulator.finished_calls();

    // The variables first: who has read the URL finds them there.
    console::tell(&exports(arguments, &emulator, own_key.as_ref())?);
    console::result(&format!("{}\n", emulator.endpoint()))?;
    // It goes on until the process ends.
    let _log = call_log::start(calls)?;

    terminated.await;
    Ok(ExitCode::SUCCESS)
}

/// A key of the user's own has no part in this: the command may print what it finds in its
/// environment.
async fn serve_command(arguments: &args::Emulator, command: &[OsString]) -> Result<ExitCode, Failure> {
    let emulator = start(arguments, FREE_PORT, None).await?;
    let log = call_log::start(emulator.finished_calls())?;

    let ended = served::run(command, &variables(arguments, &emulator)).await;

    let all_is_told = async {
        emulator.shutdown().await;
        log.await;
    };
    let _ = timeout(LOG_LIMIT, all_is_told).await;
    ended
}

async fn start(arguments: &args::Emulator, port: u16, own_key: Option<&KeyPair>) -> Result<Emulator, Failure> {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut emulator = Emulator::builder().listen(arguments.listen.unwrap_or(default));
    if let Some(KeyPair { id, secret, security_token }) = own_key {
        emulator = match security_token {
            Some(token) => emulator.access_key_with_token(id, secret, token),
            None => emulator.access_key(id, secret),
        };
    }
    emulator = emulator.register_existing(match arguments.register_existing {
        args::RegisterExisting::Rotate => RegisterExisting::Rotate,
        args::RegisterExisting::Refuse => RegisterExisting::Refuse,
    });
    if let Some(max_credentials) = arguments.max_credentials {
        emulator = emulator.max_credentials(max_credentials);
    }
    if arguments.quotas {
        emulator = emulator.quotas(Quotas::default());
    }
    emulator = arguments.instances.iter().fold(emulator, |emulator, id| emulator.instance(id));
    emulator = arguments.devices.iter().fold(emulator, |emulator, id| emulator.device(id));
    emulator.start().await.map_err(not_started)
}

fn not_started(error: StartError) -> Failure {
    match error {
        StartError::NotLoopback(_) => Failure::Usage(error.to_string()),
        StartError::Listen { .. } => {
            Failure::Usage(format!("{error}. Pass another address with --listen; port 0 selects a free one."))
        }
        _ => Failure::Internal(error.to_string()),
    }
}

/// What a client needs in its environment, for a shell. A key of the user's own is not printed
/// back.
fn exports(arguments: &args::Emulator, emulator: &Emulator, own_key: Option<&KeyPair>) -> Result<String, Failure> {
    let is_told = |(name, _): &(&str, &str)| own_key.is_none() || ![key_pair::ID, key_pair::SECRET].contains(name);
    let export = |(name, value)| format!("export {name}={}", shell::quoted(value));
    let mut lines: Vec<_> = variables(arguments, emulator).into_iter().filter(is_told).map(export).collect();
    // A token of another key would go along with this one, and the emulator would refuse it.
    if own_key.is_none() && key_pair::variable(key_pair::SECURITY_TOKEN)?.is_some() {
        lines.push(format!("unset {}", key_pair::SECURITY_TOKEN));
    }
    Ok(lines.join("\n"))
}

/// What leads a client to this emulator.
fn variables<'a>(arguments: &'a args::Emulator, emulator: &'a Emulator) -> Vec<(&'static str, &'a str)> {
    let instance = arguments.instances.first().map(|id| ("DEVCRED_INSTANCE_ID", id.as_str()));
    let key = [(key_pair::ID, emulator.access_key_id()), (key_pair::SECRET, emulator.access_key_secret())];
    [("DEVCRED_ENDPOINT", emulator.endpoint())].into_iter().chain(instance).chain(key).collect()
}
