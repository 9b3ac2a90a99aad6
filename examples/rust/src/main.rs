//! Fetches the credential of one device and prints the user name that the device connects with.
//!
//! The AccessKey, the region and the instance come from the environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`,
//! `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_REGION_ID`, `DEVCRED_INSTANCE_ID`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

use devcred::{Client, Error, ErrorKind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client_id = std::env::args().nth(1).unwrap_or_default();
    let client = Client::from_env()?;
    match client.get_device_credential(client_id).await {
        Ok(credential) => println!("{}", credential.mqtt_login().username()), // .password().reveal() goes into CONNECT
        Err(error) if error.kind() == ErrorKind::NotFound => eprintln!("register the device first"),
        Err(error) => return Err(error),
    }
    Ok(())
}
