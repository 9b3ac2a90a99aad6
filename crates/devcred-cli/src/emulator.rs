//! `devcred emulator`: serves until a signal ends it, or until the command that it runs has ended.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use devcred::AccessKey;
use devcred_emulator::{Emulator, Quotas, RegisterExisting, StartError};
use tokio::time::timeout;

use crate::args::{self, Output};
use crate::failure::Failure;
use crate::variables::{ID, INSTANCE_ID, SECRET, SECURITY_TOKEN, is_set};
use crate::{call_log, child, console, runtime, shell};

/// The port that the documentation names.
const DEFAULT_PORT: u16 = 8083;
const FREE_PORT: u16 = 0;

/// How long writing the last lines of the log may take: perhaps no one reads them.
const LOG_LIMIT: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: &args::Emulator) -> ExitCode {
    let ended = match arguments.command.as_slice() {
        [] => runtime::block_on_until_ctrl_c(serve(arguments)),
        command => runtime::block_on(serve_command(arguments, command)),
    };
    ended.unwrap_or_else(|failure| failure.report(Output::Text))
}

async fn serve(arguments: &args::Emulator) -> Result<ExitCode, Failure> {
    let terminated = runtime::terminated();
    let user_key = user_key()?;
    let emulator = start(arguments, DEFAULT_PORT, user_key.as_ref()).await?;
    let calls = emulator.finished_calls();

    // The variables come first, so that they are there when the URL has been read.
    console::eprint(&exports(arguments, &emulator, user_key.is_some()));
    console::print(&format!("{}\n", emulator.endpoint())).map_err(Failure::not_written)?;
    // It runs until the process ends.
    let _log = call_log::start(calls)?;

    terminated.await;
    Ok(ExitCode::SUCCESS)
}

/// The user's AccessKey and security token are not passed to the command, which may print its
/// environment.
async fn serve_command(arguments: &args::Emulator, command: &[OsString]) -> Result<ExitCode, Failure> {
    let emulator = start(arguments, FREE_PORT, None).await?;
    let log = call_log::start(emulator.finished_calls())?;

    let variables = variables(arguments, &emulator).map(|(name, value)| (name, Some(value)));
    let variables: Vec<_> = variables.chain([(SECURITY_TOKEN, None)]).collect();
    let ended = child::run(command, &variables).await;

    let log_is_written = async {
        emulator.shutdown().await;
        log.await;
    };
    let _ = timeout(LOG_LIMIT, log_is_written).await;
    ended
}

/// Returns the user's AccessKey, if its id or its secret is set. What a client would refuse is
/// refused here too, because no call could succeed.
fn user_key() -> Result<Option<AccessKey>, Failure> {
    if !is_set(ID) && !is_set(SECRET) {
        return Ok(None);
    }
    AccessKey::from_env().map(Some).map_err(|error| Failure::Usage(error.message().to_owned()))
}

async fn start(arguments: &args::Emulator, port: u16, user_key: Option<&AccessKey>) -> Result<Emulator, Failure> {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut emulator = Emulator::builder().listen(arguments.listen.unwrap_or(default));
    if let Some(key) = user_key {
        let (id, secret) = (key.id(), key.secret().reveal());
        emulator = match key.security_token() {
            Some(token) => emulator.access_key_with_token(id, secret, token.reveal()),
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

/// Returns the lines for a shell that direct a client to this emulator. The user's AccessKey is not
/// printed.
fn exports(arguments: &args::Emulator, emulator: &Emulator, has_user_key: bool) -> String {
    let is_printed = |(name, _): &(&str, &str)| !has_user_key || ![ID, SECRET].contains(name);
    let export = |(name, value)| format!("export {name}={}", shell::quoted(value));
    let mut lines: Vec<_> = variables(arguments, emulator).filter(is_printed).map(export).collect();
    // A client would send the token of another key with the generated one, and the emulator would
    // refuse it.
    if !has_user_key && is_set(SECURITY_TOKEN) {
        lines.push(format!("unset {SECURITY_TOKEN}"));
    }
    lines.join("\n")
}

/// Returns the variables that direct a client to this emulator.
fn variables<'a>(
    arguments: &'a args::Emulator,
    emulator: &'a Emulator,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let instance = arguments.instances.first().map(|id| (INSTANCE_ID, id.as_str()));
    let key = [(ID, emulator.access_key_id()), (SECRET, emulator.access_key_secret())];
    [("DEVCRED_ENDPOINT", emulator.endpoint())].into_iter().chain(instance).chain(key)
}
