//! `devcred emulator`: serves until it is told to stop.

use std::process::ExitCode;

use devcred_emulator::{Emulator, StartError};

use crate::args::{self, Output};
use crate::failure::Failure;
use crate::key_pair::{self, KeyPair};
use crate::{call_log, console, runtime, shell};

pub(crate) fn run(arguments: args::Emulator) -> ExitCode {
    match runtime::run(serve(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(Output::Text),
    }
}

async fn serve(arguments: args::Emulator) -> Result<(), Failure> {
    let terminated = runtime::terminated();
    let own_key = KeyPair::from_environment()?;
    let emulator = start(&arguments, own_key.as_ref()).await?;
    let calls = emulator.finished_calls();

    // The variables first: who has read the URL finds them there.
    console::tell(&exports(&arguments, &emulator, own_key.as_ref())?);
    console::result(&format!("{}\n", emulator.endpoint()))?;
    call_log::start(calls).map_err(|error| Failure::Internal(format!("no thread for the log: {error}")))?;

    terminated.await;
    Ok(())
}

async fn start(arguments: &args::Emulator, own_key: Option<&KeyPair>) -> Result<Emulator, Failure> {
    let mut emulator = Emulator::builder().listen(arguments.listen);
    if let Some(KeyPair { id, secret, security_token }) = own_key {
        emulator = match security_token {
            Some(token) => emulator.access_key_with_token(id, secret, token),
            None => emulator.access_key(id, secret),
        };
    }
    emulator = arguments.instances.iter().fold(emulator, |emulator, id| emulator.instance(id));
    emulator = arguments.devices.iter().fold(emulator, |emulator, id| emulator.device(id));
    emulator.start().await.map_err(not_started)
}

fn not_started(error: StartError) -> Failure {
    match error {
        StartError::NotLoopback(_) => Failure::Usage(error.to_string()),
        StartError::Listen { .. } => {
            Failure::Usage(format!("{error}. Give another address with --listen; port 0 takes a free one."))
        }
        _ => Failure::Internal(error.to_string()),
    }
}

/// What a client needs in its environment, for a shell. A key of the user's own is not printed back.
fn exports(arguments: &args::Emulator, emulator: &Emulator, own_key: Option<&KeyPair>) -> Result<String, Failure> {
    let export = |name: &str, value: &str| format!("export {name}={}", shell::quoted(value));
    let mut lines = vec![export("DEVCRED_ENDPOINT", emulator.endpoint())];
    lines.extend(arguments.instances.first().map(|id| export("DEVCRED_INSTANCE_ID", id)));
    if own_key.is_none() {
        lines.push(export(key_pair::ID, emulator.access_key_id()));
        lines.push(export(key_pair::SECRET, emulator.access_key_secret()));
        // A token of another key would go along with this one, and the emulator would refuse it.
        if key_pair::variable(key_pair::SECURITY_TOKEN)?.is_some() {
            lines.push(format!("unset {}", key_pair::SECURITY_TOKEN));
        }
    }
    Ok(lines.join("\n"))
}
