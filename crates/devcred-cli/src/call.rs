//! `devcred get` and `devcred register`: one call, and its result in the requested form.

use std::process::ExitCode;

use devcred::{AccessKey, Client, ClientBuilder, DeviceCredential};
use devcred_emulator::Emulator;

use crate::args::Call;
use crate::failure::Failure;
use crate::variables::{ID, INSTANCE_ID, SECRET, is_set};
use crate::{console, output, runtime};

pub(crate) enum Operation {
    Get,
    Register,
}

pub(crate) fn run(operation: Operation, arguments: Call) -> ExitCode {
    let form = arguments.output;
    let outcome = runtime::block_on_until_ctrl_c(call(operation, arguments))
        .and_then(|credential| console::print(&output::credential(&credential, form)?).map_err(Failure::not_written));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(form),
    }
}

async fn call(operation: Operation, arguments: Call) -> Result<DeviceCredential, Failure> {
    if !arguments.emulator {
        let outcome = send(ClientBuilder::from_env(), operation, arguments).await;
        return outcome.map_err(|failure| match failure {
            Failure::Call(error) if !is_set(ID) || !is_set(SECRET) => Failure::NoAccessKey(error),
            failure => failure,
        });
    }
    let emulator = Emulator::builder().start().await.map_err(|error| Failure::Internal(error.to_string()))?;
    // The instance is a parameter of the call, not its destination. No other setting of this
    // machine for the service may redirect this call or make it fail.
    let client = ClientBuilder::from_env()
        .variables(|name| (name == INSTANCE_ID).then(|| std::env::var_os(name)).flatten())
        .endpoint(emulator.endpoint())
        .access_key(AccessKey::new(emulator.access_key_id(), emulator.access_key_secret())?);
    send(client, operation, arguments).await
}

async fn send(client: ClientBuilder, operation: Operation, arguments: Call) -> Result<DeviceCredential, Failure> {
    let client = configure(client, &arguments)?;
    Ok(match operation {
        Operation::Get => client.get_device_credential(arguments.client_id).await?,
        Operation::Register => client.register_device_credential(arguments.client_id).await?,
    })
}

/// Sets the options that have a flag. The core and the environment supply the others.
fn configure(mut client: ClientBuilder, arguments: &Call) -> Result<Client, devcred::Error> {
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
