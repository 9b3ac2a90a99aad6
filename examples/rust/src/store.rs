//! Fetches the credential of a device once, stores it, and logs in with the stored one afterwards.
//!
//! The first run needs the AccessKey, the region and the instance in the environment, as
//! docs/reference.md describes. Every later run works offline.

#![allow(clippy::print_stdout, reason = "a command for the terminal")]

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, absolute};

use devcred::{Client, DeviceCredential, RevealedDeviceCredential};
use tempfile::NamedTempFile;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(client_id), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: devcred-example-store CLIENT_ID FILE".into());
    };
    let file = Path::new(&file);
    let credential = match load(file)? {
        Some(credential) if credential.client_id() == client_id => credential,
        _ => {
            let credential = Client::from_env()?.get_device_credential(client_id).await?;
            store(&credential, file)?;
            credential
        }
    };
    // The password for CONNECT is `credential.mqtt_login().password().reveal()`.
    println!("{}", credential.mqtt_login().username());
    Ok(())
}

/// Returns `None` if nothing is stored yet.
fn load(path: &Path) -> Result<Option<DeviceCredential>, Box<dyn Error>> {
    let json = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        json => json?,
    };
    let revealed: RevealedDeviceCredential = serde_json::from_slice(&json)?;
    Ok(Some(DeviceCredential::from_revealed(&revealed)?))
}

/// Only the file's owner can read it (mode 600), and it is complete or not there.
fn store(credential: &DeviceCredential, path: &Path) -> Result<(), Box<dyn Error>> {
    let path = absolute(path)?;
    let file = NamedTempFile::new_in(path.parent().ok_or("not a file")?)?;
    serde_json::to_writer(&file, &credential.reveal())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
