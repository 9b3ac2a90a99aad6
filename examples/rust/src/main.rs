//! Fetches the credential of a device and prints the MQTT user name.
//!
//! The AccessKey, the region and the instance come from the environment, as docs/reference.md
//! describes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for the terminal")]

use devcred::{Client, ErrorKind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), devcred::Error> {
    let client_id = std::env::args().nth(1).unwrap_or_default();
    let client = Client::from_env()?;
    match client.get_device_credential(client_id).await {
        Ok(credential) => {
            // The password for CONNECT is `credential.mqtt_login().password().reveal()`.
            println!("{}", credential.mqtt_login().username());
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("register the device first");
            std::process::exit(1);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
