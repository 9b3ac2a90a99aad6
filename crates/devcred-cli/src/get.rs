//! `devcred get`: one call, and its result in the form that was asked for.

use std::process::ExitCode;

use devcred::{AccessKey, Client, ClientBuilder, DeviceCredential};
use devcred_emulator::Emulator;

use crate::args::Get;
use crate::failure::Failure;
use crate::{console, output, runtime};

/// The one variable that counts with `--emulator`: it names what is asked for, not who asks whom.
const INSTANCE_ID: &str = "DEVCRED_INSTANCE_ID";

pub(crate) fn run(arguments: Get) -> ExitCode {
    let form = arguments.output;
    let outcome =
        runtime::run(fetch(arguments)).and_then(|credential| console::result(&output::credential(&credential, form)?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(form),
    }
}

async fn fetch(arguments: Get) -> Result<DeviceCredential, Failure> {
    if !arguments.emulator {
        return call(ClientBuilder::from_env(), arguments).await;
    }
    let emulator = Emulator::builder().start().await.map_err(|error| Failure::Internal(error.to_string()))?;
    // Nothing that is set on this machine for the service may lead this call away or make it fail.
    let client = ClientBuilder::from_env()
        .variables(|name| (name == INSTANCE_ID).then(|| std::env::var_os(name)).flatten())
        .endpoint(emulator.endpoint())
        .access_key(AccessKey::new(emulator.access_key_id(), emulator.access_key_secret())?);
    call(client, arguments).await
}

async fn call(client: ClientBuilder, arguments: Get) -> Result<DeviceCredential, Failure> {
    let client = configured(client, &arguments)?;
    Ok(client.get_device_credential(arguments.client_id).await?)
}

/// What no flag gives is left to the core and to the environment.
fn configured(mut client: ClientBuilder, arguments: &Get) -> Result<Client, devcred::Error> {
    if let Some(instance_id) = &arguments.instance_id {
        client = client.instance_id(instance_id);
    }
    if let Some(region) = &arguments.region {
        client = client.region(region);
    }
    if let Some(endpoint) = &arguments.endpoint {
        client = client.endpoint(endpoint);
    }
    if let Some(signature) = arguments.signature {
        client = client.signature(signature);
    }
    if let Some(timeout) = arguments.timeout {
        client = client.timeout(timeout);
    }
    if let Some(attempts) = arguments.max_attempts {
        client = client.max_attempts(attempts);
    }
    client.build()
}
